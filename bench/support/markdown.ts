import type { Row, Table } from './table.ts'

/** A table in Markdown, which reads as well on a terminal. */
export function markdown({ title, unit, rows }: Table): string {
  const lines = rows.map(row => [row.name, value(row.median), `${value(row.low)} – ${value(row.high)}`, ratio(row)])
  return `\n${title}\n\n${grid([['', unit, 'half of the rounds', ''], ...lines])}`
}

/** All tables in one: what is ours of each, beside its peer. */
export function summary(benches: readonly { readonly name: string; readonly tables: readonly Table[] }[]): string {
  const lines = benches.flatMap(({ name, tables }) =>
    tables.flatMap(({ title, unit, rows }) =>
      rows
        .filter(row => row.ratio !== undefined)
        .map(row => [name, title, row.name, `${value(row.median)} ${unit}`, rows.at(-1)?.name ?? '', ratio(row)]),
    ),
  )
  return grid([['bench', 'what', 'way', 'median', 'peer', 'ratio'], ...lines])
}

const ratio = ({ ratio }: Row): string =>
  ratio === undefined ? '' : `× ${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)} – ${ratio.high.toFixed(2)})`

function value(number: number): string {
  if (!Number.isFinite(number)) return '–'
  const digits = Math.abs(number) >= 100 ? 0 : Math.abs(number) >= 10 ? 1 : Math.abs(number) >= 1 ? 2 : 3
  return number.toFixed(digits)
}

function grid([head = [], ...lines]: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...lines.map(line => line[column]?.length ?? 0)))
  const row = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [row(head), row(widths.map(width => '-'.repeat(width))), ...lines.map(row)].join('\n')
}
