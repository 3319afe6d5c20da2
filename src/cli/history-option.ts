import type { Command } from 'commander'
import type { History, HistoryOptions } from '../history/index.ts'
import { printableLines } from './printable.ts'
import type { Stdio } from './stdio.ts'

/** Where runs are kept, as commander gives it. */
export interface HistoryOption {
  readonly history?: string
}

/** Adds `--history`. */
export function addHistoryOption(command: Command, what: string): Command {
  return command.option('--history <file>', `${what} (a file, or postgres://…; default: COOKIETIN_HISTORY)`)
}

/** The history that is named, by the option or by `COOKIETIN_HISTORY`; undefined where none is: nothing is kept unasked. */
export async function openHistory({ history }: HistoryOption, stdio: Stdio): Promise<History | undefined> {
  const place = history || process.env.COOKIETIN_HISTORY
  if (!place) return undefined
  const where: HistoryOptions = /^postgres(ql)?:/.test(place) ? { postgres: place } : { path: place }
  // Only those who keep runs load what keeps them.
  const { createHistory } = await import('../history/index.ts')
  return await createHistory({
    ...where,
    onError: ({ message }) => stdio.note(`cookietin: ${printableLines(message)}`),
  })
}
