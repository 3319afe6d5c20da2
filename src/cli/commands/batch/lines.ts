import { createReadStream } from 'node:fs'
import type { ContainerTask } from '../../../task/task.ts'
import { standardInput } from '../../options/standard-input.ts'
import { UsageError } from '../../usage-error.ts'

/** One line of a batch: a task, or why it is none. */
export interface BatchLine {
  readonly line: number
  readonly task: ContainerTask | Error
}

/** What some editors put before a file's first line; it is no part of it. */
const byteOrderMark = /^\uFEFF/

/** Reads one task of JSON a line from a file, or from standard input for `-`. Empty lines are passed over. */
export async function* readBatch(file: string): AsyncGenerator<BatchLine, void, undefined> {
  const source = file === '-' ? standardInput('batch') : createReadStream(file)
  let line = 0
  try {
    for await (const text of linesOf(source.setEncoding('utf8'))) {
      line++
      const json = line === 1 ? text.replace(byteOrderMark, '') : text
      if (json.trim() !== '') yield { line, task: parseTask(json) }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`batch: cannot read ${file === '-' ? 'standard input' : file}: ${reason}`)
  }
}

/** The lines of a text that comes in chunks; a line may be many chunks long, as a task's input is part of it. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let begun: string[] = []
  for await (const chunk of chunks) {
    const [first = '', ...more] = chunk.split('\n')
    begun.push(first)
    for (const next of more) {
      yield begun.join('')
      begun = [next]
    }
  }
  yield begun.join('')
}

function parseTask(text: string): ContainerTask | Error {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return new Error(`not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Error('not a task: write an object, such as {"image":"busybox","command":["echo","hi"]}')
  }
  // The fields are checked by the executor, which names every bad one.
  return value as ContainerTask
}
