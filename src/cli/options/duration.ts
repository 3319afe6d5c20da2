const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Parses a duration: `500`, `500ms`, `1.5s`, `2m`, `1h30m`, `7d`. Returns ms, or undefined if the text is not a
 * duration.
 */
export function parseDuration(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text)
  const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/y
  let sum = 0
  do {
    const [, amount, unit] = part.exec(text) ?? []
    if (amount === undefined || unit === undefined) return undefined
    sum += Number(amount) * (units[unit] ?? 0)
  } while (part.lastIndex < text.length)
  // Rounded up: 0 would mean no limit.
  return Math.ceil(sum)
}
