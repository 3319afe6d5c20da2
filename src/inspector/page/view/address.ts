import type { Wanted } from '../data/selection.ts'

/** The part of the view that the page's address holds after its `#`: a reload, Back and a shared link show the same. */
export interface Address {
  readonly tab: 'table' | 'timeline'
  readonly filter: string
  /** Missing: the list is shown. */
  readonly search?: string
  /** Missing: the machine. */
  readonly pane?: 'output' | 'task' | 'log' | 'compare'
  readonly wanted: Wanted | undefined
}

export function readAddress(hash: string): Address {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  const id = fields.get('id')
  const search = fields.get('search')
  const pane = (['output', 'task', 'log', 'compare'] as const).find(name => name === fields.get('pane'))
  const key = Number(fields.get('key') ?? Number.NaN)
  return {
    tab: fields.get('tab') === 'timeline' ? 'timeline' : 'table',
    filter: fields.get('filter') ?? '',
    ...(search === null ? {} : { search }),
    ...(pane === undefined ? {} : { pane }),
    wanted: id === null ? undefined : { id, key: Number.isInteger(key) ? key : undefined },
  }
}

export function writeAddress({ tab, filter, search, pane, wanted }: Address): string {
  const fields = new URLSearchParams({
    ...(tab === 'table' ? {} : { tab }),
    ...(filter === '' ? {} : { filter }),
    ...(search === undefined ? {} : { search }),
    ...(wanted === undefined ? {} : { id: wanted.id }),
    ...(wanted === undefined || pane === undefined ? {} : { pane }),
    ...(wanted?.key === undefined ? {} : { key: String(wanted.key) }),
  })
  return fields.size === 0 ? '' : `#${fields}`
}
