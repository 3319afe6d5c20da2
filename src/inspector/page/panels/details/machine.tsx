import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { eventName } from '../../../../utils/actors/mermaid.ts'
import type { Step } from '../../../protocol.ts'
import { ChartView } from '../../chart/chart.tsx'
import { factorOf, type Zoom, ZoomButtons, zoomedBy } from '../../chart/zoom.tsx'
import type { Row } from '../../data/model.ts'
import { outcomeAt } from '../../data/outcome.ts'
import { countsOf } from '../../data/past/history.ts'
import { clock, duration } from '../../view/format.ts'
import { nowOf, session } from '../../view/view.ts'
import { ExportMenu } from '../export-menu.tsx'
import { Log } from './log.tsx'
import { Plots } from './plot.tsx'

interface MachineProps {
  readonly row: Row
  readonly cursor: number | undefined
}

/** An actor's statechart at the shown moment, its resources and its log. */
export function MachinePane({ row, cursor }: MachineProps) {
  const area = useRef<HTMLDivElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const [zoom, setZoom] = useState<Zoom>('read')
  const { history } = session
  const { log } = history
  const machine = session.model.machines[row.machine]
  const step = cursor === undefined ? log.at(-1) : log.find(({ n }) => n === cursor)
  const state = cursor === undefined ? row.state : (step?.to ?? log[0]?.from ?? row.state)
  // A chart may be larger than its box: the lit state is scrolled into view.
  useEffect(() => showLit(box.current), [row.key, state])
  const onDrawn = useCallback(() => showLit(box.current), [])
  return (
    <>
      <div class="chart-area" ref={area}>
        {machine !== undefined && (
          <>
            <div class="chart-tools">
              <h3>
                The machine <em>{machine.name}</em>
              </h3>
              <span class="where" aria-live="polite">
                {cursor === undefined ? '' : placeOf(step, log)}
              </span>
              <ZoomButtons area={area} zoom={zoom} setZoom={setZoom} />
              <ExportMenu name={`${row.id}-${machine.name}`} area={area} machine={machine} />
            </div>
            <div
              class="chart-box"
              ref={box}
              tabIndex={0}
              role="group"
              aria-label="Statechart"
              onWheel={event => {
                if (!event.ctrlKey && !event.metaKey) return
                event.preventDefault()
                setZoom(zoomedBy(event.deltaY > 0 ? -1 : 1, factorOf(box.current)))
              }}
            >
              <ChartView
                machine={machine}
                current={state.split(' & ')}
                step={step}
                counts={countsOf(history, row.initial, cursor)}
                outcome={outcomeAt(row, log, cursor)}
                zoom={zoom}
                onDrawn={onDrawn}
              />
            </div>
          </>
        )}
      </div>
      <section>
        <h3>Resources</h3>
        <Plots stats={history.stats} />
      </section>
      <LogSection row={row} cursor={cursor} />
    </>
  )
}

/** The log with its title. */
export function LogSection({ row, cursor }: MachineProps) {
  return (
    <section>
      <h3>
        Log{' '}
        <small>
          {row.steps} steps, {duration((row.over ? row.changed : nowOf()) - row.created)}
        </small>
      </h3>
      <Log history={session.history} row={row} cursor={cursor} />
    </section>
  )
}

/** The shown moment of the past, in words. */
function placeOf(step: Step | undefined, log: readonly Step[]): string {
  if (step !== undefined) return `step ${step.n} · ${eventName(step.event)} · ${clock(step.at)}`
  const first = log[0]?.n ?? 1
  return first > 1 ? `before step ${first}: the earlier ones are not kept` : 'as it began'
}

function showLit(box: HTMLElement | null): void {
  const lit = box?.querySelector('.state.lit')?.getBoundingClientRect()
  if (box === null || lit === undefined) return
  const { left, top, right, bottom, width, height } = box.getBoundingClientRect()
  // A state that is visible is not moved.
  if (lit.left > left && lit.right < right && lit.top > top && lit.bottom < bottom) return
  box.scrollBy(lit.left + lit.width / 2 - left - width / 2, lit.top + lit.height / 2 - top - height / 2)
}
