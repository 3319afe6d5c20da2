/** Plain data as JSON, with rounded numbers: as a page shows it, and as a search finds it. Undefined for undefined. */
export const plainText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, (_, entry: unknown) => (typeof entry === 'number' ? rounded(entry) : entry), indent)

const rounded = (value: number) =>
  Math.abs(value) < 1 ? Number(value.toPrecision(3)) : Math.round(value * 1_000) / 1_000
