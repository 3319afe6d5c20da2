import type { PullProgress } from '../../engines/pull-progress.ts'
import type { Colors } from './colors.ts'
import { formatBytes, formatDuration } from './format.ts'
import { printable } from './printable.ts'

/** Characters of a bar. */
const barWidth = 24
/** The maximum number of layers that have a bar. */
const maxLayers = 8

/** Formats a pull as bars: one for the image, and one for each layer that is downloaded or extracted. */
export function pullBars(
  { image, state, attempt, retryIn, error, layers, current, total }: PullProgress,
  colors: Colors,
): string[] {
  const name = printable(image)
  if (state === 'waiting') {
    return [`${name}  ${colors.red(printable(error ?? ''))}`, `  trying again in ${formatDuration(retryIn ?? 0)}`]
  }
  const again = attempt > 1 ? `  attempt ${attempt}` : ''
  const head = `${name}  ${bar(current, total)}  ${formatBytes(current)} of ${formatBytes(total)}${again}`
  const moving = layers.filter(({ status }) => status !== 'done' && status !== 'waiting')
  const lines = moving.slice(0, maxLayers).map(layer => {
    const size = layer.total === undefined ? '' : `${formatBytes(layer.current)} of ${formatBytes(layer.total)}`
    return `  ${colors.dim(printable(layer.id))}  ${bar(layer.current, layer.total ?? 0)}  ${layer.status}  ${size}`.trimEnd()
  })
  return [total > 0 ? head : `${name}  pulling${again}`, ...lines]
}

/** Formats the progress of a pull as one line, for files and pipes. Undefined if there is nothing to print. */
export function pullLine({ image, state, attempt, retryIn, error, total }: PullProgress): string | undefined {
  switch (state) {
    case 'pulling':
      return `pulling image ${image}${attempt > 1 ? `, attempt ${attempt}` : ''} …`
    case 'waiting':
      return `${error}; trying again in ${formatDuration(retryIn ?? 0)}`
    case 'present':
      return attempt === 0 ? undefined : `pulled image ${image}${total > 0 ? ` (${formatBytes(total)})` : ''}`
    default:
      return undefined
  }
}

/** A bar of fixed width. */
export function bar(current: number, total: number): string {
  const done = total > 0 ? Math.min(barWidth, Math.round((current / total) * barWidth)) : 0
  return `${'█'.repeat(done)}${'░'.repeat(barWidth - done)}`
}
