import type { Writable } from 'node:stream'
import type { CookieOptions } from './cookie.ts'
import { Output } from './output.ts'

/** Bytes. What goes to a writable of the task is kept there; the result has its beginning. */
const defaultMaxOutput = { alone: 8 * 1024 * 1024, besideWritable: 1024 * 1024 }

/** One output stream of a cookie. */
export function outputOf(target: Writable | undefined, { maxOutput }: CookieOptions): Output {
  const { alone, besideWritable } = defaultMaxOutput
  return new Output({ target, limit: maxOutput ?? (target === undefined ? alone : besideWritable) })
}
