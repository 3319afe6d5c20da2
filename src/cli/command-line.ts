import { setTimeout as sleep } from 'node:timers/promises'
import { CommanderError } from 'commander'
import { CookietinError, messageOf } from '../errors.ts'
import type { CommandContext } from './command-context.ts'
import { errorsIn } from './errors-in.ts'
import { exitCodes } from './exit-codes.ts'
import { Interruption } from './interruption.ts'
import { printableLines } from './output/printable.ts'
import { Stdio } from './output/stdio.ts'
import { createProgram } from './program.ts'
import { UsageError } from './usage-error.ts'

/** How long an interrupted command waits for the reader of its output, in ms. */
const flushTimeout = 500

/** Runs the command line of this process, and exits with its exit code. */
export async function runCommandLine(): Promise<never> {
  const { argv } = process
  const stdio = new Stdio()
  let exitCode: number = exitCodes.ok
  const context: CommandContext = {
    stdio,
    exit(code) {
      exitCode = code
    },
  }
  try {
    // As in docker run, -h is the host name there; alone it can only mean the help.
    const isHelp = argv.length === 4 && argv[3] === '-h'
    const program = await createProgram(context, argv[2])
    await program.parseAsync(isHelp ? [...argv.slice(0, 3), '--help'] : argv)
  } catch (error) {
    for (const each of errorsIn(error)) exitCode = report(each, stdio)
    // A program that reads the JSON gets a line also for an option that is not known.
    if (error instanceof CommanderError && exitCode !== exitCodes.ok && argv[2] === 'run' && argv.includes('--json')) {
      const { failureJson } = await import('./output/result-json.ts')
      await stdio.line(failureJson(new UsageError(error.message.replace(/^error: /, ''))))
    }
  }
  // A reader that has stopped, such as `less`, must not keep an interrupted process alive.
  await Promise.race([stdio.flush(), ...(exitCode > 128 ? [sleep(flushTimeout)] : [])])
  if (stdio.failure !== undefined && exitCode <= 128) {
    stdio.tellFailure()
    await stdio.flush()
    exitCode = exitCodes.unable
  }
  // Standard input may still be open, as on a terminal; it would keep the process running.
  process.exit(exitCode)
}

function report(error: unknown, stdio: Stdio): number {
  // Commander has printed its error; --help and --version are not errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.unable
  if (error instanceof Interruption) return error.exitCode
  if (error instanceof UsageError) stdio.note(`cookietin: ${printableLines(error.message)}`)
  else if (error instanceof CookietinError) stdio.note(`cookietin: ${printableLines(error.message)} (${error.code})`)
  else
    stdio.note(
      `cookietin: this is a bug in cookietin, please report it:\n${printableLines(error instanceof Error ? (error.stack ?? error.message) : messageOf(error))}`,
    )
  return exitCodes.unable
}
