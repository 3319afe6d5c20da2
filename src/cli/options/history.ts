import { statSync } from 'node:fs'
import type { Command } from 'commander'
import type { History, HistoryOptions } from '../../history/index.ts'
import { printableLines } from '../output/printable.ts'
import type { Stdio } from '../output/stdio.ts'
import { UsageError } from '../usage-error.ts'

/** The option `--history`, as commander parses it. */
export interface HistoryOption {
  readonly history?: string
}

/** Adds `--history`. */
export function addHistoryOption(command: Command, help: string): Command {
  return command.option('--history <file>', `${help} (a file, or postgres://…; default: COOKIETIN_HISTORY)`)
}

/**
 * Opens the history of the option or of `COOKIETIN_HISTORY` to store runs, and creates it if it is missing.
 * Returns undefined if neither is set: runs are stored on request only.
 */
export async function openHistory(options: HistoryOption, stdio: Stdio): Promise<History | undefined> {
  const address = addressOf(options)
  return address === undefined ? undefined : await open(address, stdio)
}

/**
 * Opens an existing history, to read it only unless it is to be changed. Rejects a missing file: a misspelt name must
 * not look like an empty history.
 */
export async function openExistingHistory(options: HistoryOption, stdio: Stdio, readOnly: boolean): Promise<History> {
  const address = addressOf(options)
  if (address === undefined) throw new UsageError('history: give --history FILE, or set COOKIETIN_HISTORY')
  if (!isDatabase(address) && statSync(address, { throwIfNoEntry: false }) === undefined) {
    throw new UsageError(
      `history: there is no file ${address}; run and batch create it with the first run that they store`,
    )
  }
  return await open(address, stdio, readOnly)
}

function addressOf({ history }: HistoryOption): string | undefined {
  const address = history || process.env.COOKIETIN_HISTORY || undefined
  // The address is not shown: it may hold a password.
  if (address !== undefined && /^[a-z][\w+.-]*:\/\//i.test(address) && !isDatabase(address)) {
    throw new UsageError('--history: an address begins with postgres://; write a file by its path')
  }
  return address
}

const isDatabase = (address: string) => /^postgres(ql)?:\/\//.test(address)

async function open(address: string, stdio: Stdio, readOnly = false): Promise<History> {
  const where: HistoryOptions = isDatabase(address) ? { postgres: address } : { path: address }
  // Loaded only when runs are stored.
  const { createHistory } = await import('../../history/index.ts')
  return await createHistory({
    ...where,
    readOnly,
    onError: ({ message }) => stdio.note(`cookietin: ${printableLines(message)}`),
  })
}
