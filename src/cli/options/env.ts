import { readFileSync } from 'node:fs'
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
    if (name === '') throw new UsageError(`${where}: "${entry}" has no name; write NAME=value`)
    const value = at === -1 ? process.env[name] : entry.slice(at + 1)
    if (value !== undefined) env[name] = value
  }
  return env
}

function readEnvFile(path: string): { entry: string; where: string }[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--env-file: cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ entry: line.trimStart(), where: `${path} line ${index + 1}` }))
    .filter(({ entry }) => entry !== '' && !entry.startsWith('#'))
}
