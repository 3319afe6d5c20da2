import { readFile } from 'node:fs/promises'
import type { FunctionSpec } from '../../../functions/spec.ts'
import { UsageError } from '../../usage-error.ts'

/** The contents of a file of functions. */
export interface FunctionsFile {
  readonly functions: Readonly<Record<string, FunctionSpec>>
  readonly concurrency?: number
  readonly memory?: string | number
  readonly cpus?: number
}

const limits = ['concurrency', 'memory', 'cpus']

/** Reads a file of functions. The library validates each function. */
export async function readFunctions(file: string): Promise<FunctionsFile> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${(error as Error).message}`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`)
  }
  if (!isRecord(value) || !isRecord(value.functions)) {
    throw new UsageError(`${file} must hold {"functions": {"NAME": {"image": "…"}}}; see \`cookietin serve --help\``)
  }
  const unknown = Object.keys(value).find(key => key !== 'functions' && !limits.includes(key))
  if (unknown !== undefined) throw new UsageError(`${file}: "${unknown}" is not one of functions, ${limits.join(', ')}`)
  const names = Object.keys(value.functions)
  if (names.length === 0) throw new UsageError(`${file} has no functions`)
  const bad = names.find(name => !/^[A-Za-z0-9._~-]+$/.test(name))
  if (bad !== undefined)
    throw new UsageError(`${file}: "${bad}" cannot stand in a URL; use letters, digits, "-", "_", "." and "~"`)
  return value as unknown as FunctionsFile
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
