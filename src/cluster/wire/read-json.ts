import { isRecord } from '../../utils/validation/issues.ts'

/** Reads what others have written. What is no JSON of an object says nothing. */
export function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}
