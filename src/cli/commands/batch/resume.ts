import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { messageOf } from '../../../errors.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import { UsageError } from '../../usage-error.ts'
import { linesOf, readBatch } from './lines.ts'

/** The lines that succeeded, with their ids. */
export type Succeeded = ReadonlyMap<number, string>

/** The lines of a file that a batch runs. */
export interface Plan {
  /** The number of tasks that run. Undefined when it is not known ahead, as of a pipe. */
  readonly total: number | undefined
  readonly skipped: Succeeded
}

/**
 * Counts the tasks of a file, and finds those whose success the results tell.
 *
 * @throws {UsageError} if the results cannot be read, or are not those of this file.
 */
export async function planBatch(file: string, results: string | undefined, isCounted: boolean): Promise<Plan> {
  const isFile = file !== '-' && (await stat(file).catch(() => undefined))?.isFile() === true
  if (results !== undefined && file === '-')
    throw new UsageError('--resume: it needs a FILE of tasks; standard input can be read only once')
  if (results !== undefined && !isFile) throw new UsageError(`--resume: ${file} is not a file that can be read twice`)
  const skipped = results === undefined ? new Map<number, string>() : await readSucceeded(results)
  if (!isFile || (results === undefined && !isCounted)) return { total: undefined, skipped }
  let total = 0
  const missing = new Map(skipped)
  for await (const { line, task } of readBatch(file)) {
    const id = missing.get(line)
    missing.delete(line)
    if (id === undefined) total++
    else if (task instanceof Error || (task.id !== undefined && task.id !== id)) {
      const found = task instanceof Error ? 'is not a task' : `has the id ${JSON.stringify(task.id)}`
      throw mismatch(
        results,
        `line ${line} succeeded with the id ${JSON.stringify(id)}, but line ${line} of ${file} ${found}`,
      )
    }
  }
  const [first] = missing.keys()
  if (first !== undefined) throw mismatch(results, `line ${first} succeeded, but ${file} has no task there`)
  return { total, skipped }
}

const mismatch = (results: string | undefined, what: string) =>
  new UsageError(`--resume: ${results} is not of these tasks: ${what}`)

/** Reads the results that `--json` wrote. A last line without an end was cut, and counts for nothing. */
async function readSucceeded(path: string): Promise<Succeeded> {
  const succeeded = new Map<number, string>()
  let number = 0
  let cut: string | undefined
  try {
    for await (const text of linesOf(createReadStream(path).setEncoding('utf8'))) {
      if (cut !== undefined) read(cut, number, path, succeeded)
      cut = text
      number++
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--resume: cannot read ${path}: ${messageOf(error)}`)
  }
  return succeeded
}

function read(text: string, number: number, path: string, succeeded: Map<number, string>): void {
  if (text.trim() === '') return
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const result = isRecord(value) ? value : {}
  const { line, id, status } = result
  if (!Number.isSafeInteger(line) || typeof status !== 'string')
    throw new UsageError(
      `--resume: line ${number} of ${path} is not a result of batch --json; remove it, its task runs again`,
    )
  if (status === 'success' && typeof id === 'string') succeeded.set(line as number, id)
}
