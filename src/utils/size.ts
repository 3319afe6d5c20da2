const units: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4 }

/**
 * Reads a size: a number of bytes, or a string such as `'64m'` or `'1.5g'`, as the docker CLI reads it (powers of 1024; `b`, `k`,
 * `m`, `g`, `t`, also as `mb` and `MiB`; a fraction of a byte is cut off). What is above 0 and below one byte is none: 0 often means
 * "no limit".
 *
 * @returns bytes, or undefined for what is not a size.
 */
export function parseSize(size: unknown): number | undefined {
  if (typeof size === 'number') return Number.isSafeInteger(size) && size >= 0 ? size : undefined
  if (typeof size !== 'string') return undefined
  const [, digits, unit = 'b'] = /^(\d+(?:\.\d+)?) ?([bkmgt])?(?:(?<=[kmgt])i?b)?$/i.exec(size) ?? []
  if (digits === undefined) return undefined
  const bytes = Math.floor(Number(digits) * 1024 ** (units[unit.toLowerCase()] ?? 0))
  if (bytes === 0 && /[1-9]/.test(digits)) return undefined
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** The number of bytes of a string in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
