import { createReadStream } from 'node:fs'
import { messageOf } from '../../../errors.ts'
import type { ContainerTask } from '../../../task/task.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import { jsonErrorPlace } from '../../options/json.ts'
import { withOptionForms } from '../../options/option-forms.ts'
import { standardInput } from '../../options/standard-input.ts'
import { UsageError } from '../../usage-error.ts'

/** One line of a batch: a task, or the error of a line that is not one. */
export interface BatchLine {
  readonly line: number
  readonly task: ContainerTask | Error
}

/** Reads one JSON task per line from a file, or from standard input for `-`. Skips empty lines. */
export async function* readBatch(file: string): AsyncGenerator<BatchLine, void, undefined> {
  const source = file === '-' ? standardInput('batch') : createReadStream(file)
  let line = 0
  try {
    for await (const json of linesOf(source.setEncoding('utf8'))) {
      line++
      if (json.trim() !== '') yield { line, task: parseTask(json) }
    }
  } catch (error) {
    throw new UsageError(`batch: cannot read ${file === '-' ? 'standard input' : file}: ${messageOf(error)}`)
  }
}

/** Some editors put a byte order mark before the first line of a file. */
const byteOrderMark = /^\uFEFF/

/** Splits chunks of text into lines, without a byte order mark. A line with a task's input may span many chunks. */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let partial: string[] = []
  let isFirst = true
  for await (const given of chunks) {
    const chunk = isFirst ? given.replace(byteOrderMark, '') : given
    isFirst = false
    const [first = '', ...more] = chunk.split('\n')
    partial.push(first)
    for (const next of more) {
      yield partial.join('')
      partial = [next]
    }
  }
  yield partial.join('')
}

function parseTask(text: string): ContainerTask | Error {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return new UsageError(`not JSON${jsonErrorPlace(error)}`)
  }
  if (!isRecord(value)) {
    return new UsageError('not a task: write an object, such as {"image":"busybox","command":["echo","hi"]}')
  }
  try {
    // The executor validates the fields and reports every bad one.
    return withOptionForms(value) as ContainerTask
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
}
