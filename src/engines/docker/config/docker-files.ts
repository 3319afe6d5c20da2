import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { descriptorError, lacksDescriptors } from '../../../errors.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import type { Env } from './config.ts'

/** The fields of a JSON object that another program wrote. Any of them may be missing, null, or of a wrong type. */
export type Fields = Readonly<Record<string, unknown>>

/** The folder of Docker's own config. */
export function dockerFolder(env: Env): string {
  return env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker')
}

/**
 * Reads Docker's `config.json` as the docker CLI does: a file that is missing, empty or `null` has no fields, and one
 * that cannot be read or parsed is passed over with a warning.
 */
export function readDockerConfig(env: Env): { readonly path: string; readonly fields: Fields } {
  const path = join(dockerFolder(env), 'config.json')
  const { text, error } = readText(path)
  const fields = text === undefined ? undefined : parseFields(text)
  if (fields === undefined && error !== 'ENOENT' && error !== 'ENOTDIR') {
    warn(`${path} is passed over, with its contexts and credentials: ${error ?? 'it is not a JSON object'}`)
  }
  return { path, fields: fields ?? {} }
}

/**
 * Reads a file as text. `error` is the code of the system's error.
 *
 * @throws CookietinError `ERR_COOKIETIN_TOO_MANY_FILES`: what is in the file is not known, and must not be passed over.
 */
export function readText(path: string): { readonly text?: string; readonly error?: string } {
  try {
    return { text: readFileSync(path, 'utf8') }
  } catch (error) {
    if (lacksDescriptors(error)) throw descriptorError(`read ${path}`, error)
    return { error: (error as NodeJS.ErrnoException).code ?? 'it cannot be read' }
  }
}

/** Parses a JSON object. An empty text and `null` have no fields. Returns undefined for anything else. */
export function parseFields(text: string): Fields | undefined {
  if (text.trim() === '' && !text.startsWith('\ufeff')) return {}
  try {
    const value: unknown = JSON.parse(text)
    return value === null ? {} : isRecord(value) ? value : undefined
  } catch {
    // The parser's error is dropped: it repeats a part of the text, which may contain passwords.
    return undefined
  }
}

/** An object inside of another one. A missing one and null have no fields; another value is passed over with a warning. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (value === undefined || value === null) return {}
  if (isRecord(value)) return value
  warn(`${what} is passed over: it is not an object`)
  return {}
}

/** A text. A missing one and null are empty; another value is passed over with a warning. */
export function textOf(value: unknown, what: string): string {
  if (value === undefined || value === null || typeof value === 'string') return value ?? ''
  warn(`${what} is passed over: it is not a text`)
  return ''
}

/** The texts for which this process has warned. */
const warned = new Set<string>()

/** Emits each warning once. */
export function warn(text: string): void {
  if (warned.has(text)) return
  warned.add(text)
  process.emitWarning(text, { code: 'COOKIETIN_DOCKER_CONFIG' })
}
