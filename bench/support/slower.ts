import type { Row, Spread, Table } from './table.ts'

/** What `npm run bench -- --json FILE` writes. */
export interface Figures {
  readonly benches: readonly { readonly name: string; readonly tables: readonly Table[] }[]
}

/** Less is no difference: two runs of the same commit differ by as much. */
const least = 0.05

/**
 * Finds what got slower by more than its spread. Ratios to a peer are compared where there is one, since both ran on the same machine at the
 * same time; a peer itself is not compared.
 */
export function slower(before: Figures, after: Figures): { readonly compared: number; readonly found: string[] } {
  const earlier = new Map(figuresOf(before).map(figure => [figure.key, figure]))
  const found: string[] = []
  let compared = 0
  for (const { key, spread, better, what } of figuresOf(after)) {
    const was = earlier.get(key)
    if (was === undefined || was.what !== what) continue
    compared += 1
    const loss = better === 'lower' ? spread.median - was.spread.median : was.spread.median - spread.median
    const noise = Math.max(width(spread), width(was.spread), least * was.spread.median)
    if (loss > noise) {
      const [from, to] = [was.spread.median, spread.median].map(value => value.toFixed(3))
      found.push(`${key}: ${what} ${from} → ${to}, more than its spread of ${noise.toFixed(3)}`)
    }
  }
  return { compared, found }
}

interface Figure {
  readonly key: string
  readonly spread: Spread
  readonly better: Table['better']
  readonly what: string
}

function figuresOf({ benches }: Figures): Figure[] {
  return benches.flatMap(({ name, tables }) =>
    tables.flatMap(({ title, unit, better, rows }) => {
      const hasPeer = rows.some(row => row.ratio !== undefined)
      return rows.flatMap((row: Row) => {
        const key = `${name}: ${title}: ${row.name}`
        if (row.ratio !== undefined) return [{ key, spread: row.ratio, better, what: '×' }]
        return hasPeer ? [] : [{ key, spread: row, better, what: unit }]
      })
    }),
  )
}

const width = ({ low, high }: Spread) => high - low
