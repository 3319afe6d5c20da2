import type { Writable } from 'node:stream'
import { isUint8Array } from 'node:util/types'
import type { Issues } from '../utils/validation/issues.ts'
import type { InputFactory, TaskInput } from './task.ts'

const inputRule =
  'a string, bytes (Uint8Array), an iterable of those, a Node.js readable stream or a web ReadableStream'

/** Checks the kind of a task's input. A function is called when the container takes its input. */
export function readTaskInput(issues: Issues, value: unknown): TaskInput | InputFactory | undefined {
  return typeof value === 'function' ? (value as InputFactory) : readInput(issues, value)
}

/** Checks the kind of the input. Its content is read while the task runs. */
export function readInput(issues: Issues, value: unknown, field = 'input'): TaskInput | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' || isUint8Array(value)) return value
  // An array of larger numbers is iterable, but its entries are not bytes.
  if (ArrayBuffer.isView(value)) return issues.addSecret(field, value, inputRule)
  const source = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly locked?: unknown
    readonly destroyed?: unknown
    readonly getReader?: unknown
    readonly [Symbol.iterator]?: unknown
    readonly [Symbol.asyncIterator]?: unknown
  }
  const readable = [source.getReader, source[Symbol.asyncIterator], source[Symbol.iterator]].some(isFunction)
  if (!readable) return issues.addSecret(field, value, inputRule)
  if (source.locked === true) return issues.addSecret(field, value, 'a stream that has no other reader')
  if (source.destroyed === true) return issues.addSecret(field, value, 'a stream that has not been destroyed')
  return value as TaskInput
}

export function readWritable(issues: Issues, field: 'stdout' | 'stderr', value: unknown): Writable | undefined {
  if (value === undefined) return undefined
  const sink = (typeof value === 'object' && value !== null ? value : {}) as Partial<Writable>
  if (!isFunction(sink.write) || !isFunction(sink.once)) return issues.add(field, value, 'a Node.js writable stream')
  if (sink.destroyed === true || sink.writableEnded === true) {
    return issues.add(field, value, 'a writable stream that has neither ended nor been destroyed')
  }
  return value as Writable
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}
