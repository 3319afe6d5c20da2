import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CookietinError, messageOf } from '../../../errors.ts'
import type { ContainerTask } from '../../../task/task.ts'
import { printable } from '../../output/printable.ts'
import { UsageError } from '../../usage-error.ts'
import { hasFailed } from './outcomes.ts'
import type { Outcome } from './run.ts'
import { TaskStream } from './task-stream.ts'

/** The bytes of standard error that are kept of each running task. */
const tailSize = 4096
/** The maximum number of lines of standard error in the summary, of each failed task. */
const tailLines = 3

interface Streams {
  readonly stdout: TaskStream | undefined
  readonly stderr: TaskStream
}

/** The output of the tasks of a batch: into files with a folder, and the last lines of standard error for the summary. */
export class BatchStreams {
  readonly #folder: string | undefined
  readonly #used = new Set<string>()
  readonly #streams = new Map<number, Streams>()

  constructor(folder: string | undefined) {
    this.#folder = folder
  }

  /** Makes the folder. @throws {UsageError} if it cannot be made. */
  async prepare(): Promise<void> {
    if (this.#folder === undefined) return
    try {
      await mkdir(this.#folder, { recursive: true })
    } catch (error) {
      throw new UsageError(`--output: cannot make the folder ${this.#folder}: ${messageOf(error)}`)
    }
  }

  /** Returns the task with its streams. A stream that the line has itself stays, for the executor to refuse. */
  connect(line: number, task: ContainerTask): ContainerTask {
    const folder = this.#folder === undefined ? undefined : join(this.#folder, this.#nameOf(line, task.id))
    const stderr = new TaskStream({ path: folder && join(folder, 'stderr'), tailSize })
    const stdout = folder === undefined ? undefined : new TaskStream({ path: join(folder, 'stdout') })
    this.#streams.set(line, { stdout, stderr })
    return { ...(stdout !== undefined && { stdout }), stderr, ...task }
  }

  /** Closes the streams of a task. A task that succeeded, but whose output could not be written, has failed. */
  async close(outcome: Outcome): Promise<Outcome> {
    const streams = this.#streams.get(outcome.line)
    if (streams === undefined) return outcome
    this.#streams.delete(outcome.line)
    const { stdout, stderr } = streams
    const problem = await problemOf(outcome, stdout === undefined ? [stderr] : [stdout, stderr])
    const ended = problem !== undefined && !hasFailed(outcome) ? problem : outcome.ended
    const known = { ...outcome, ended }
    return hasFailed(known) ? { ...known, lastLines: lastLines(stderr.tail) } : known
  }

  /** A later line of the same id gets a folder of its own. */
  #nameOf(line: number, id: unknown): string {
    let name = typeof id === 'string' ? id : `line-${line}`
    for (let n = 1; this.#used.has(name); n++) name = n === 1 ? `line-${line}` : `line-${line}-${n}`
    this.#used.add(name)
    return name
  }
}

/** Why a file does not hold all of the output. Of a run that was refused or has failed nothing is made, but what was written stays. */
async function problemOf({ ended }: Outcome, streams: readonly TaskStream[]): Promise<CookietinError | undefined> {
  if (ended instanceof Error) {
    for (const stream of streams) stream.destroy()
    return undefined
  }
  const closed = await Promise.allSettled(streams.map(stream => stream.close()))
  const causes = closed.map(end => (end.status === 'rejected' ? end.reason : undefined) as unknown)
  const [cause] = [...causes, ended.stdoutError, ended.stderrError].filter(error => error !== undefined)
  if (cause === undefined) return undefined
  const message = `Cannot write the output of the task: ${messageOf(cause)}`
  return new CookietinError('ERR_COOKIETIN_ARTIFACTS_FAILED', message, { cause })
}

/** The last lines of an output, harmless to a terminal. A first line that was cut is left out if there are others. */
function lastLines(bytes: Buffer): readonly string[] {
  const lines = bytes.toString().split(/\r?\n/)
  if (bytes.length === tailSize && lines.length > 1) lines.shift()
  return lines
    .filter(line => line.trim() !== '')
    .slice(-tailLines)
    .map(line => printable(line.replaceAll('\t', '    ')))
}
