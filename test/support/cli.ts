import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The path of the command line's main file. */
export const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** The exit code and output of a command line. */
export interface CliEnd {
  /** Undefined if a signal ended it. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** A running command line. */
export interface CliRun {
  readonly process: ChildProcessWithoutNullStreams
  /** Resolves when standard error contains the text. */
  untilStderr(text: string): Promise<void>
  /** Standard error so far. */
  stderrSoFar(): string
  /** Resolves when standard output contains the text. */
  untilStdout(text: string): Promise<void>
  readonly end: Promise<CliEnd>
}

export interface CliOptions {
  /** Written to standard input, which is then closed. Undefined leaves it open. */
  readonly input?: string | Buffer
  readonly env?: NodeJS.ProcessEnv
  /** Standard output is not read until the test reads it. */
  readonly stalled?: boolean
}

/** Starts `cookietin` from the sources. */
export function startCli(args: readonly string[], { input, env = {}, stalled = false }: CliOptions = {}): CliRun {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, NO_COLOR: '1', ...env } })
  const stdout = reader(child.stdout, stalled)
  const stderr = reader(child.stderr, false)
  // It may exit without reading its input.
  child.stdin.on('error', () => {})
  if (input !== undefined) child.stdin.end(input)
  const end = once(child, 'close').then(([code]) => ({
    code: (code as number | null) ?? undefined,
    stdout: stdout.text(),
    stderr: stderr.text(),
  }))
  return { process: child, untilStderr: stderr.until, stderrSoFar: stderr.text, untilStdout: stdout.until, end }
}

/** Runs `cookietin` to its end. Standard input is empty unless given. */
export const cli = (args: readonly string[], options: CliOptions = {}): Promise<CliEnd> =>
  startCli(args, { input: '', ...options }).end

function reader(stream: ChildProcessWithoutNullStreams['stdout'], stalled: boolean) {
  const chunks: Buffer[] = []
  const text = () => Buffer.concat(chunks).toString()
  const collect = (chunk: Buffer) => void chunks.push(chunk)
  if (stalled) stream.once('resume', () => stream.on('data', collect))
  else stream.on('data', collect)
  return {
    text,
    async until(wanted: string) {
      while (!text().includes(wanted)) {
        const [ended] = await Promise.race([
          once(stream, 'data').then(() => [false]),
          once(stream, 'end').then(() => [true]),
        ])
        if (ended && !text().includes(wanted)) throw new Error(`"${wanted}" did not come, but:\n${text()}`)
      }
    },
  }
}
