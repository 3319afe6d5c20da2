import { useCallback, useEffect, useRef } from 'preact/hooks'
import { eventName } from '../../../utils/actors/mermaid.ts'
import type { Step } from '../../protocol.ts'
import { ChartView } from '../chart/chart.tsx'
import { countsOf } from '../data/history.ts'
import type { Row } from '../data/model.ts'
import { endedBadly, kindOf, shownState } from '../data/state-kinds.ts'
import { clock, duration } from '../view/format.ts'
import { nowOf, select, session, show, stepBy, type View } from '../view/view.ts'
import { Controls } from './controls.tsx'
import { ExportMenu } from './export-menu.tsx'
import { Log, Payload } from './log.tsx'
import { Plots } from './plot.tsx'

/** One actor: its statechart, its resources, its log and its context. */
export function Details({ row, view: { cursor } }: { readonly row: Row; readonly view: View }) {
  const area = useRef<HTMLDivElement>(null)
  const { history } = session
  const box = useRef<HTMLDivElement>(null)
  const machine = session.model.machines[row.machine]
  const { log } = history
  const reason = endedBadly(row) ? row.reason : undefined
  const what = [row.image ?? row.machine, row.command].filter(Boolean).join(' ')
  const step = cursor === undefined ? log.at(-1) : log.find(({ n }) => n === cursor)
  const state = cursor === undefined ? row.state : (step?.to ?? log[0]?.from ?? row.state)
  // A chart may be larger than its box: the lit state is scrolled into view.
  useEffect(() => showLit(box.current), [row.key, state])
  const onDrawn = useCallback(() => showLit(box.current), [])
  return (
    <aside class="details" aria-label={`Actor ${row.id}`}>
      <div class="title">
        <button
          type="button"
          class="button quiet back"
          onClick={() => select(undefined)}
          aria-label="Back to all actors"
        >
          ←
        </button>
        <div>
          <h2 title={row.id}>{row.id}</h2>
          <p title={what}>
            <code>{what}</code>
          </p>
          {row.labels !== undefined && (
            <p class="labels" title={row.labels.join(' ')}>
              {row.labels.map(label => (
                <code key={label}>{label}</code>
              ))}
            </p>
          )}
        </div>
        <span class={`badge kind-${kindOf(shownState(row))}`}>{shownState(row)}</span>
        {row.exitCode !== undefined && <span class="exit">exit {row.exitCode}</span>}
      </div>
      {reason !== undefined && (
        <p class={`reason kind-${kindOf(row.status ?? '')}`}>
          {reason.code !== undefined && <code>{reason.code}</code>} {reason.message}
        </p>
      )}
      {!session.model.actors.has(row.key) && (
        <p class="hint">
          The inspector has dropped this actor, because it keeps a limited number. This is its last state.
        </p>
      )}
      <div class="actions">
        <StepControls cursor={cursor} log={log} />
        {session.hello?.control && row.controllable && !row.over && row.status === undefined && (
          <Controls row={row} atPresent={cursor === undefined && session.isNow} />
        )}
      </div>
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
              <ExportMenu name={`${row.id}-${machine.name}`} area={area} machine={machine} />
            </div>
            <div class="chart-box" ref={box} tabIndex={0} role="group" aria-label="Statechart">
              <ChartView
                machine={machine}
                current={state.split(' & ')}
                step={step}
                counts={countsOf(history, row.initial, cursor)}
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
      <section>
        <h3>
          Log{' '}
          <small>
            {row.steps} steps, {duration((row.over ? row.changed : nowOf()) - row.created)}
          </small>
        </h3>
        <Log history={history} row={row} cursor={cursor} />
      </section>
      {history.context !== undefined && (
        <section>
          <h3>Context</h3>
          <Payload value={history.context} />
        </section>
      )}
    </aside>
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

/** Buttons that go back and forth through the actor's past. */
function StepControls({ cursor, log }: { readonly cursor: number | undefined; readonly log: readonly Step[] }) {
  const following = cursor === undefined
  return (
    <div class="walk" role="group" aria-label="Steps">
      <button
        type="button"
        class="button"
        onClick={() => stepBy(-1)}
        disabled={log.length === 0 || (cursor !== undefined && cursor < (log[0]?.n ?? 0))}
        title="←"
      >
        ◀ Back
      </button>
      <button type="button" class="button" onClick={() => stepBy(1)} disabled={following} title="→">
        Forward ▶
      </button>
      <button
        type="button"
        class="button follow"
        aria-pressed={following}
        onClick={() => show({ cursor: undefined })}
        title="l"
      >
        {session.link === 'live'
          ? following
            ? 'Following'
            : 'Follow live'
          : following
            ? 'At the latest'
            : 'To the latest'}
      </button>
    </div>
  )
}
