import type { RetryOptions } from '../../index.ts'
import { UsageError } from '../usage-error.ts'

/** Reads the whole number that an option was given. */
export function readCount(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${option}: "${text}" is not a whole number`)
  return Number(text)
}

/** Reads how often a task is run again, as the retry options of the library. */
export function readRetries(text: string): RetryOptions {
  const retries = readCount('--retries', text)
  if (retries > 999) throw new UsageError(`--retries: "${text}" is more than 999`)
  return { attempts: retries + 1 }
}
