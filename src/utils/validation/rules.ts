import { parseSize } from '../size.ts'

/** What one value may be. Tasks, options, specs and configs are all checked by these rules. */
export interface Rule<T> {
  /** What is allowed, as a phrase that follows "must be". */
  readonly allowed: string
  /** Returns the value as it is used, or undefined when it is not allowed. */
  read(value: unknown): T | undefined
}

// A lone surrogate has no UTF-8. It would reach the container as U+FFFD, which is another text than the caller's.
const unsafe = /\0|\p{Surrogate}/u

/** Returns true for a string that reaches a container unchanged. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && !unsafe.test(value)
}

/** A string that reaches a container unchanged. */
export const text: Rule<string> = {
  allowed: 'a string without NUL and lone surrogates',
  read: value => (isText(value) ? value : undefined),
}

/** A string on one line. */
export const line: Rule<string> = {
  allowed: 'a string on one line',
  read: value => (typeof value === 'string' && !/[\0\r\n]/.test(value) ? value : undefined),
}

/** True or false. */
export const boolean: Rule<boolean> = {
  allowed: 'true or false',
  read: value => (typeof value === 'boolean' ? value : undefined),
}

/** A number of bytes, or a size such as `'64m'`; read as bytes. */
export const size: Rule<number> = {
  allowed: "a whole number of bytes, or a size such as '512m'",
  read: parseSize,
}

/** A function. */
export const callback: Rule<(...values: never[]) => unknown> = {
  allowed: 'a function',
  read: value => (typeof value === 'function' ? (value as (...values: never[]) => unknown) : undefined),
}

/** Bounds of a number. */
export interface Bounds {
  /** @default 0 */
  readonly min?: number
  /** @default none */
  readonly max?: number
  /** The unit, as it stands in the rule: `'ms'`, `'processes'`. */
  readonly unit?: string
}

/** A whole number within bounds. */
export function whole({ min = 0, max = Number.MAX_SAFE_INTEGER, unit }: Bounds = {}): Rule<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`
  return {
    allowed: `a whole number ${unit === undefined ? '' : `of ${unit} `}${range}`,
    read: value =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined,
  }
}

/** A time in ms, which may have a fraction. */
export function milliseconds({ min = 0 }: { readonly min?: number } = {}): Rule<number> {
  return {
    allowed: min === Number.MIN_VALUE ? 'milliseconds above 0' : `milliseconds from ${min} up`,
    read: value => (typeof value === 'number' && Number.isFinite(value) && value >= min ? value : undefined),
  }
}

/** The rule's values, and one more that stands for itself: `or(size, Infinity)`. */
export function or<T, const V extends number>(rule: Rule<T>, value: V): Rule<T | V> {
  return {
    allowed: `${rule.allowed}, or ${value}`,
    read: given => (given === value ? value : rule.read(given)),
  }
}

/** One of these words. */
export function oneOf<const T extends string>(...choices: readonly T[]): Rule<T> {
  const quoted = choices.map(choice => `'${choice}'`)
  return {
    allowed: choices.length > 2 ? `one of ${quoted.join(', ')}` : quoted.join(' or '),
    read: value => choices.find(choice => choice === value),
  }
}
