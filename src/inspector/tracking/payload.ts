import { CookietinError } from '../../errors.ts'
import { redact } from '../../utils/redact.ts'

const longest = 300
const most = 24
const deepest = 4
const largest = 4_000

/** Fields that hold secrets, at any depth. */
const secretField = /^(env|auth|.*(password|passwd|secret|token|credential|authorization).*)$/i

/** How many characters may still be shown: the bounds of depth, entries and texts do not bound the whole. */
interface Budget {
  left: number
}

/**
 * A copy of a value that is safe to show: plain data with secrets masked. Its depth, its entries, its texts and its
 * whole size are bounded. It accepts any value, such as an XState event or a machine's context, and never throws.
 */
export function showable(value: unknown, secrets: readonly string[] = []): unknown {
  return copy(value, secrets, 0, { left: largest })
}

function copy(value: unknown, secrets: readonly string[], depth: number, budget: Budget): unknown {
  budget.left -= 8
  if (typeof value === 'string') return short(redact(value, secrets), budget)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean' || value === null || value === undefined) return value
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object') return undefined
  try {
    if (value instanceof Error) return copyError(value, secrets, depth, budget)
    if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
    if (value instanceof Date) return value.toISOString()
    if (depth >= deepest || budget.left < 0) return '(…)'
    if (Array.isArray(value)) {
      const shown = value.slice(0, most).map(entry => copy(entry, secrets, depth + 1, budget))
      return value.length > most ? [...shown, `(${value.length - most} more)`] : shown
    }
    // The insides of actors, streams and sockets are not shown.
    const proto = Object.getPrototypeOf(value)
    if (proto !== null && proto !== Object.prototype) return `(${value.constructor?.name ?? 'object'})`
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, most)
        .map(([name, entry]) => {
          const shown = secretField.test(name) ? '•••' : copy(entry, secrets, depth + 1, budget)
          return [redact(name, secrets), shown] as const
        })
        .filter(([, entry]) => entry !== undefined),
    )
  } catch {
    return '(cannot be shown)'
  }
}

/** The data of an event besides its type; undefined where there is none. */
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

function copyError(error: Error, secrets: readonly string[], depth: number, budget: Budget): unknown {
  const { code } = error as { code?: unknown }
  return {
    error: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: short(redact(error.message, secrets), budget),
    ...(error.cause === undefined || depth >= deepest ? {} : { cause: copyCause(error, secrets, depth, budget) }),
  }
}

/** The message of an error that a task's `auth` function threw is not shown: it may name credentials. */
function copyCause(error: Error, secrets: readonly string[], depth: number, budget: Budget): unknown {
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  if (code !== 'ERR_COOKIETIN_IMAGE_AUTH' || cause instanceof CookietinError) {
    return copy(cause, secrets, depth + 1, budget)
  }
  return cause instanceof Error ? { error: cause.name } : '•••'
}

function short(text: string, budget: Budget): string {
  const length = Math.min(text.length, longest, Math.max(0, budget.left))
  budget.left -= length
  return length < text.length ? `${text.slice(0, length)}… (${text.length} characters)` : text
}
