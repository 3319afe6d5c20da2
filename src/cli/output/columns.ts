import { stripVTControlCharacters } from 'node:util'

const width = (cell: string) => stripVTControlCharacters(cell).length

/** Rows in columns, two spaces apart; colours take no room. Rows may lack cells at their end. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, width(cell))
  }
  return rows.map(row =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
      )
      .join('  ')
      .trimEnd(),
  )
}

/** The first `length` characters, with an ellipsis where some were cut. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
