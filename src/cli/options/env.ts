import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { messageOf } from '../../errors.ts'
import { UsageError } from '../usage-error.ts'

/**
 * Merges `--env-file` and `--env` as docker does. Later entries override earlier ones, and `--env` overrides the files.
 * A name without a value takes the value of this process, or is omitted.
 */
export function readEnv(files: readonly string[], entries: readonly string[]): Record<string, string> {
  const lines = [...files.flatMap(readEnvFile), ...entries.map(entry => ({ entry, where: '--env' }))]
  const env: Record<string, string> = {}
  for (const { entry, where } of lines) {
    const at = entry.indexOf('=')
    const name = at === -1 ? entry : entry.slice(0, at)
    // The entry itself is not shown: it may be a secret.
    if (name === '') throw new UsageError(`${where}: there is no name before "="; write NAME=value`)
    if (where !== '--env' && /\s/.test(name)) {
      throw new UsageError(
        `${where}: a name has white space; write NAME=value, without "export", each value on one line`,
      )
    }
    const value = at === -1 ? process.env[name] : entry.slice(at + 1)
    if (value !== undefined) env[name] = value
  }
  return env
}

function readEnvFile(path: string): { entry: string; where: string }[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new UsageError(`--env-file: cannot read ${path}: ${messageOf(error)}`)
  }
  if (!isUtf8(bytes)) throw new UsageError(`--env-file: ${path} is not UTF-8`)
  // The decoder drops a byte order mark.
  return new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .map((line, index) => ({ entry: line.trimStart(), where: `${path} line ${index + 1}` }))
    .filter(({ entry }) => entry !== '' && !entry.startsWith('#'))
}
