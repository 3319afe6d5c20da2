import type { LayerProgress, PullProgress } from '../../pull-progress.ts'

/** The fields of a pull's progress line that describe a layer. */
export interface LayerRecord {
  readonly id?: unknown
  readonly status?: unknown
  readonly progressDetail?: { readonly current?: unknown; readonly total?: unknown } | undefined
}

/**
 * Layer states by the engine's words. Other lines say nothing about a layer: the id of a pull's first line is the tag.
 */
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

/** Sums up the progress of one attempt. */
export class Layers {
  readonly #layers = new Map<string, LayerProgress>()

  /** Adds a progress line. Returns true when it describes a layer. */
  add({ id, status, progressDetail }: LayerRecord): boolean {
    const now = typeof status === 'string' ? statuses[status] : undefined
    if (typeof id !== 'string' || now === undefined) return false
    const before = this.#layers.get(id)
    const detail = now === 'downloading' ? progressDetail : undefined
    const total = bytes(detail?.total) || before?.total
    // After the download all bytes are there. Extracting counts other bytes.
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
