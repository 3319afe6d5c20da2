import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { MachineInfo } from '../../protocol.ts'
import { pngOf, save, svgText } from '../view/export.ts'
import { useKeys } from '../view/list/row-keys.ts'

/** Exports a drawing, and the machine that it shows, if any. */
export function ExportMenu({
  name,
  area,
  machine,
  prepare,
}: {
  readonly name: string
  readonly area: RefObject<HTMLElement | null>
  readonly machine?: MachineInfo
  /** Called with true before an export, to draw hidden parts, too, and with false after it. */
  readonly prepare?: (whole: boolean) => void
}) {
  const drawing = () => area.current?.querySelector<SVGSVGElement>('svg.chart, svg.timeline') ?? undefined
  const entries: readonly (readonly [label: string, run: () => void])[] = [
    ['SVG', () => void withDrawing(svg => save(`${name}.svg`, svgText(svg), 'image/svg+xml'))],
    ['PNG', () => void withDrawing(svg => void pngOf(svg).then(blob => save(`${name}.png`, blob)))],
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
  async function withDrawing(act: (svg: SVGSVGElement) => void) {
    prepare?.(true)
    if (prepare !== undefined) await drawn()
    const svg = drawing()
    if (svg !== undefined) act(svg)
    prepare?.(false)
  }
  const menu = useRef<HTMLDetailsElement>(null)
  const close = () => menu.current?.removeAttribute('open')
  // Escape closes only the menu.
  useKeys(() => (menu.current?.open ? { Escape: close } : {}))
  useEffect(() => {
    const outside = ({ target }: PointerEvent) => {
      if (target instanceof Node && !menu.current?.contains(target)) close()
    }
    addEventListener('pointerdown', outside)
    return () => removeEventListener('pointerdown', outside)
  }, [])
  return (
    <details class="menu" ref={menu}>
      <summary>Export</summary>
      <div class="menu-body">
        {entries.map(([label, run]) => (
          <button
            key={label}
            type="button"
            onClick={() => {
              run()
              close()
            }}
          >
            {label}
          </button>
        ))}
      </div>
    </details>
  )
}

/** Resolves when changes are drawn. */
const drawn = () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
