import { statSync } from 'node:fs'
import type { Command } from 'commander'
import type { History, HistoryOptions } from '../../history/index.ts'
import { printableLines } from '../output/printable.ts'
import type { Stdio } from '../output/stdio.ts'
import { UsageError } from '../usage-error.ts'

/** Where runs are kept, as commander gives it. */
export interface HistoryOption {
  readonly history?: string
}

/** Adds `--history`. */
export function addHistoryOption(command: Command, what: string): Command {
  return command.option('--history <file>', `${what} (a file, or postgres://…; default: COOKIETIN_HISTORY)`)
}

/**
 * The history that is named, by the option or by `COOKIETIN_HISTORY`, to keep runs in; it is made where it is not there. Undefined where none is named:
 * nothing is kept unasked.
 */
export async function openHistory(options: HistoryOption, stdio: Stdio): Promise<History | undefined> {
  const place = placeOf(options)
  return place === undefined ? undefined : await open(place, stdio)
}

/** The history that is named, to look into. One that is not there is refused: a name that was misspelt must not pass for an empty history. */
export async function openKeptHistory(options: HistoryOption, stdio: Stdio): Promise<History> {
  const place = placeOf(options)
  if (place === undefined) throw new UsageError('history: which one? Give --history FILE, or set COOKIETIN_HISTORY')
  if (!isDatabase(place) && statSync(place, { throwIfNoEntry: false }) === undefined) {
    throw new UsageError(`history: there is no file ${place}; run and batch make it when they keep their first run`)
  }
  return await open(place, stdio)
}

const placeOf = ({ history }: HistoryOption) => history || process.env.COOKIETIN_HISTORY || undefined

const isDatabase = (place: string) => /^postgres(ql)?:/.test(place)

async function open(place: string, stdio: Stdio): Promise<History> {
  const where: HistoryOptions = isDatabase(place) ? { postgres: place } : { path: place }
  // Only those who keep runs load what keeps them.
  const { createHistory } = await import('../../history/index.ts')
  return await createHistory({
    ...where,
    onError: ({ message }) => stdio.note(`cookietin: ${printableLines(message)}`),
  })
}
