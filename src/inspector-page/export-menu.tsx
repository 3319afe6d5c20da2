import type { RefObject } from 'preact'
import type { MachineInfo } from '../inspector/protocol.ts'
import { pngOf, save, svgText } from './export.ts'

/** Takes a drawing out of the page, and its machine where it is of one. */
export function ExportMenu({
  name,
  area,
  machine,
}: {
  readonly name: string
  readonly area: RefObject<HTMLElement | null>
  readonly machine?: MachineInfo
}) {
  const drawing = () => area.current?.querySelector<SVGSVGElement>('svg.chart, svg.timeline') ?? undefined
  const entries: readonly (readonly [label: string, run: () => void])[] = [
    ['SVG', () => withDrawing(svg => save(`${name}.svg`, svgText(svg), 'image/svg+xml'))],
    ['PNG', () => withDrawing(svg => void pngOf(svg).then(blob => save(`${name}.png`, blob)))],
    ...(machine === undefined
      ? []
      : ([
          ['Mermaid', () => save(`${machine.name}.mmd`, machine.mermaid)],
          [
            'XState JSON',
            () => save(`${machine.name}.json`, JSON.stringify(machine.config, null, 2), 'application/json'),
          ],
        ] as const)),
  ]
  function withDrawing(act: (svg: SVGSVGElement) => void) {
    const svg = drawing()
    if (svg !== undefined) act(svg)
  }
  return (
    <details class="menu">
      <summary>Export</summary>
      <div class="menu-body">
        {entries.map(([label, run]) => (
          <button
            key={label}
            type="button"
            onClick={event => {
              run()
              event.currentTarget.closest('details')?.removeAttribute('open')
            }}
          >
            {label}
          </button>
        ))}
      </div>
    </details>
  )
}
