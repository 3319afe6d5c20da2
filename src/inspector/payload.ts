import { redact } from '../docker/redact.ts'

const longest = 300
const most = 24
const deepest = 4

/** Fields that hold secrets wherever they are. */
const secretField = /^(env|auth|.*(password|passwd|secret|token|credential|authorization).*)$/i

/**
 * A copy of a value that is safe to show: plain data, bounded in depth, in the number of entries and in the length of texts, with secrets masked.
 * Anything may come in (an XState event, a machine's context); this never throws.
 */
export function showable(value: unknown, secrets: readonly string[] = [], depth = 0): unknown {
  if (typeof value === 'string') return short(redact(value, secrets))
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean' || value === null || value === undefined) return value
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object') return undefined
  try {
    if (value instanceof Error) return showableError(value, secrets, depth)
    if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
    if (value instanceof Date) return value.toISOString()
    if (depth >= deepest) return '(…)'
    if (Array.isArray(value)) {
      const shown = value.slice(0, most).map(entry => showable(entry, secrets, depth + 1))
      return value.length > most ? [...shown, `(${value.length - most} more)`] : shown
    }
    // Actors, streams, sockets: their insides are nobody's business.
    const proto = Object.getPrototypeOf(value)
    if (proto !== null && proto !== Object.prototype) return `(${value.constructor?.name ?? 'object'})`
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, most)
        .map(([name, entry]) => [name, secretField.test(name) ? '•••' : showable(entry, secrets, depth + 1)] as const)
        .filter(([, entry]) => entry !== undefined),
    )
  } catch {
    return '(cannot be shown)'
  }
}

/** What came with an event besides its type; undefined for nothing. */
export function payloadOf(event: object, secrets: readonly string[] = []): unknown {
  let any = false
  for (const name in event) {
    if (name !== 'type' && name !== 'actorId') any = true
  }
  if (!any) return undefined
  const { type: _, actorId: __, ...rest } = event as Record<string, unknown>
  const shown = showable(rest, secrets) as object
  return Object.keys(shown).length === 0 ? undefined : shown
}

function showableError(error: Error, secrets: readonly string[], depth: number): unknown {
  const { code } = error as { code?: unknown }
  return {
    error: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: short(redact(error.message, secrets)),
    ...(error.cause === undefined || depth >= deepest ? {} : { cause: showable(error.cause, secrets, depth + 1) }),
  }
}

const short = (text: string) =>
  text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text
