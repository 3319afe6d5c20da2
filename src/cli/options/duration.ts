const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Parses a duration: `500ms`, `1.5s`, `2m`, `1h30m`, `7d`. Returns ms, or undefined if the text is not a duration. Only
 * 0 needs no unit: other tools take a bare number for seconds.
 */
export function parseDuration(text: string): number | undefined {
  if (/^0+$/.test(text)) return 0
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

/** Returns false for a number without a unit. */
export const hasUnit = (text: string): boolean => !/^\d+(\.\d+)?$/.test(text) || Number(text) === 0
