import { UsageError } from '../usage-error.ts'

/** Reads the whole number that an option was given. */
export function readCount(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${option}: "${text}" is not a whole number`)
  return Number(text)
}
