import type { LayerProgress, PullProgress } from '../../pull-progress.ts'

/** A line of a pull, as far as it tells of layers. */
export interface LayerRecord {
  readonly id?: unknown
  readonly status?: unknown
  readonly progressDetail?: { readonly current?: unknown; readonly total?: unknown } | undefined
}

/** The engine's words for a layer's way, and ours. What is not here is no news of a layer: the first line of a pull has the tag for its id. */
const statuses: Readonly<Record<string, LayerProgress['status']>> = {
  'Pulling fs layer': 'waiting',
  Waiting: 'waiting',
  Downloading: 'downloading',
  'Verifying Checksum': 'downloaded',
  'Download complete': 'downloaded',
  Extracting: 'extracting',
  'Pull complete': 'done',
  'Already exists': 'done',
}

/** Adds up what the lines of one attempt say. */
export class Layers {
  readonly #layers = new Map<string, LayerProgress>()

  /** True when the line was news. */
  hear({ id, status, progressDetail }: LayerRecord): boolean {
    const now = typeof status === 'string' ? statuses[status] : undefined
    if (typeof id !== 'string' || now === undefined) return false
    const before = this.#layers.get(id)
    const detail = now === 'downloading' ? progressDetail : undefined
    const total = bytes(detail?.total) || before?.total
    // From the download on it is all there; extracting counts other bytes.
    const current = now === 'downloading' ? (bytes(detail?.current) ?? 0) : now === 'waiting' ? 0 : (total ?? 0)
    this.#layers.set(id, { id, status: now, current, total })
    return true
  }

  get progress(): Pick<PullProgress, 'layers' | 'current' | 'total'> {
    const layers = [...this.#layers.values()]
    const sum = (read: (layer: LayerProgress) => number) => layers.reduce((all, layer) => all + read(layer), 0)
    return { layers, current: sum(layer => layer.current), total: sum(layer => layer.total ?? 0) }
  }
}

function bytes(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
