import stringWidth from 'string-width'

/** Formats rows as columns, two spaces apart, by the width that a terminal shows. Rows may lack cells at their end. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell))
  }
  return rows.map(row =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : padTo(widths[column] ?? 0, cell)))
      .join('  ')
      .trimEnd(),
  )
}

/** Pads text with spaces to a width in terminal columns; colors take no room. */
export const padTo = (width: number, text: string): string => text + ' '.repeat(Math.max(0, width - stringWidth(text)))

const graphemes = new Intl.Segmenter()

/** Cuts text to a width in terminal columns, with an ellipsis if anything was cut. */
export function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}
