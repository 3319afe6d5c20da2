import { readFile } from 'node:fs/promises'
import { InvalidInputError } from '../../../errors.ts'
import type { HotFunction } from '../../../functions/function.ts'
import type { FunctionSpec } from '../../../functions/spec.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import { jsonErrorPlace } from '../../options/json.ts'
import { withOptionForms } from '../../options/option-forms.ts'
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
    throw new UsageError(`${file} is not JSON${jsonErrorPlace(error)}`)
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
  return { ...withOptionForms(value), functions: value.functions } as unknown as FunctionsFile
}

/** JSON has no Infinity: these fields take it as a string. */
const endless = [
  'maxContainers',
  'freezeAfter',
  'idleTimeout',
  'launchTimeout',
  'timeout',
  'maxResponseBody',
  'maxResponseHeaders',
]

function withInfinity(spec: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(spec).map(([name, value]) => [
      name,
      endless.includes(name) && value === 'Infinity' ? Infinity : value,
    ]),
  )
}

/**
 * Makes every function of a file.
 *
 * @throws UsageError that lists the bad functions, each with its bad fields.
 */
export function makeFunctions(
  file: string,
  functions: FunctionsFile['functions'],
  make: (name: string, spec: FunctionSpec) => HotFunction,
): ReadonlyMap<string, HotFunction> {
  const made = new Map<string, HotFunction>()
  const bad: string[] = []
  for (const [name, spec] of Object.entries(functions)) {
    try {
      made.set(name, make(name, readSpec(spec)))
    } catch (error) {
      bad.push(...issuesOf(error).map(issue => `  - ${name}: ${issue}`))
    }
  }
  if (bad.length > 0) throw new UsageError(`${file} has functions that are not allowed:\n${bad.join('\n')}`)
  return made
}

function readSpec(spec: unknown): FunctionSpec {
  if (!isRecord(spec)) throw new UsageError('it must be an object, such as {"image": "my/greet"}')
  return withOptionForms(withInfinity(spec)) as FunctionSpec
}

function issuesOf(error: unknown): readonly string[] {
  if (error instanceof UsageError) return [error.message]
  if (!(error instanceof InvalidInputError)) throw error
  return error.issues.map(
    ({ field, value, allowed }) =>
      `${field}: ${value} is not allowed, it must be ${allowed.replace(/\bInfinity\b/, '"Infinity"')}`,
  )
}
