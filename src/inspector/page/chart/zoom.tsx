import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** How large a chart is drawn: as large as can be read, as a whole, or by a factor. */
export type Zoom = 'read' | 'fit' | number

const step = 1.25
const [least, most] = [0.2, 4]

/** A chart's zoom after a step in (1) or out (-1). `now`: the factor at which it is drawn. */
export const zoomedBy = (way: 1 | -1, now: number): number =>
  Math.min(most, Math.max(least, way > 0 ? now * step : now / step))

/** The factor at which the chart in an element is drawn. */
export function factorOf(area: Element | null): number {
  const chart = area?.querySelector<SVGSVGElement>('svg.chart')
  if (chart == null) return 1
  return chart.getBoundingClientRect().width / chart.viewBox.baseVal.width
}

interface ZoomProps {
  readonly area: RefObject<HTMLElement | null>
  readonly zoom: Zoom
  readonly setZoom: (zoom: Zoom) => void
}

/** Buttons that zoom a chart, fit it into its box, and show it on the whole screen. */
export function ZoomButtons({ area, zoom, setZoom }: ZoomProps) {
  const full = useFullScreen(area)
  const by = (way: 1 | -1) => setZoom(zoomedBy(way, factorOf(area.current)))
  return (
    <div class="zoom" role="group" aria-label="Zoom">
      <button type="button" class="button" onClick={() => by(-1)} aria-label="Zoom out" title="Ctrl and the wheel">
        −
      </button>
      <button type="button" class="button" onClick={() => by(1)} aria-label="Zoom in" title="Ctrl and the wheel">
        +
      </button>
      <button
        type="button"
        class="button"
        aria-pressed={zoom === 'fit'}
        onClick={() => setZoom(zoom === 'fit' ? 'read' : 'fit')}
        title="The whole chart"
      >
        Fit
      </button>
      {document.fullscreenEnabled && (
        <button
          type="button"
          class="button"
          aria-pressed={full}
          onClick={() => {
            setZoom(full ? 'read' : 'fit')
            void (full ? document.exitFullscreen() : area.current?.requestFullscreen())
          }}
          aria-label="Full screen"
          title="Full screen"
        >
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <path d="M1 5V1h4M9 1h4v4M13 9v4H9M5 13H1V9" fill="none" stroke="currentColor" stroke-width="1.5" />
          </svg>
        </button>
      )}
    </div>
  )
}

/** True while an element is shown on the whole screen. */
function useFullScreen(area: RefObject<HTMLElement | null>): boolean {
  const [full, setFull] = useState(false)
  useEffect(() => {
    const look = () => setFull(area.current !== null && document.fullscreenElement === area.current)
    document.addEventListener('fullscreenchange', look)
    return () => document.removeEventListener('fullscreenchange', look)
  }, [])
  return full
}
