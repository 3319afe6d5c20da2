import { Fragment } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { eventName } from '../../../../utils/actors/mermaid.ts'
import type { Step } from '../../../protocol.ts'
import { matchesStep } from '../../../search/match.ts'
import { plainText } from '../../../search/plain-text.ts'
import type { Row } from '../../data/model.ts'
import { decidedAt } from '../../data/outcome.ts'
import type { History } from '../../data/past/history.ts'
import { outcomeKind } from '../../data/state-kinds.ts'
import { clock, duration } from '../../view/format.ts'
import { session, show } from '../../view/view.ts'
import { ChangeLine } from './changes.tsx'

/** The steps of an actor, with the time between them. A click on a step shows the chart at that moment. */
export function Log({
  history: { log, statesOnly },
  row: { key, steps, created, status },
  cursor,
}: {
  readonly history: History
  readonly row: Row
  readonly cursor: number | undefined
}) {
  const box = useRef<HTMLOListElement>(null)
  const [search, setSearch] = useState('')
  const last = log.at(-1)?.n
  const shown = cursor ?? last
  const decided = decidedAt(log, status)
  const matches = matchesStep(search)
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>('[aria-current]')
    const list = box.current
    // Only the list is scrolled: scrollIntoView would move the whole pane.
    if (line == null || list === null) return
    if (line.offsetTop < list.scrollTop) list.scrollTop = line.offsetTop
    else list.scrollTop = Math.max(list.scrollTop, line.offsetTop + line.offsetHeight - list.clientHeight)
  }, [key, shown, log.length === 0])
  if (log.length === 0) {
    if (steps === 0) return <p class="hint">It has not made a step yet.</p>
    return <p class="hint">{session.canFetch ? 'Loading…' : 'Its steps are not available.'}</p>
  }
  return (
    <>
      {statesOnly && (
        <p class="hint">
          Only its states are known: what led to them{' '}
          {session.player === undefined ? 'was not told to this page' : 'is not in this recording'}.
        </p>
      )}
      {log.length > 5 && (
        <div class="log-search">
          <input
            type="search"
            class="search"
            placeholder="Search events and their data"
            aria-label="Search events and their data"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
          {search.trim() !== '' && (
            <output>
              {log.filter(matches).length} of {log.length} steps
            </output>
          )}
        </div>
      )}
      <ol class="log" ref={box}>
        {log.map((step, index) => {
          if (!matches(step)) return null
          const missing = step.n - (log[index - 1]?.n ?? 0) - 1
          return (
            <Fragment key={step.n}>
              {missing > 0 && (
                <li class="missing">
                  {missing} {index === 0 ? 'earlier ' : ''}
                  {missing === 1 ? 'step is' : 'steps are'} not kept
                </li>
              )}
              <Line
                step={step}
                status={decided !== undefined && step.n >= decided ? status : undefined}
                since={missing > 0 ? undefined : (log[index - 1]?.at ?? created)}
                shown={step.n === shown}
                ahead={cursor !== undefined && step.n > cursor}
                look={() => show({ cursor: step.n === last ? undefined : step.n })}
              />
            </Fragment>
          )
        })}
      </ol>
    </>
  )
}

interface LineProps {
  readonly step: Step
  /** How the actor ended, if that was decided with this step or before it. */
  readonly status: string | undefined
  /** When the step before was made; undefined where unknown. */
  readonly since: number | undefined
  readonly shown: boolean
  readonly ahead: boolean
  readonly look: () => void
}

function Line({ step, status, since, shown, ahead, look }: LineProps) {
  return (
    <li
      class={`kind-${step.ignored ? 'over' : outcomeKind(step.to, status)}${ahead ? ' ahead' : ''}${step.ignored ? ' ignored' : ''}`}
      aria-current={shown ? 'step' : undefined}
    >
      <button type="button" onClick={look}>
        <span class="gap" title={clock(step.at)}>
          {since === undefined ? '' : `+${duration(step.at - since)}`}
        </span>
        <span class="event">{eventName(step.event)}</span>
        <span class="move">
          {step.ignored ? (
            <em>not handled in {step.to}</em>
          ) : step.from === step.to ? (
            <em>stays {step.to}</em>
          ) : (
            <>
              {partsOf(step.from, step.to)} → <b>{partsOf(step.to, step.from)}</b>
            </>
          )}
        </span>
      </button>
      {step.payload !== undefined && <Payload value={step.payload} />}
      {step.changes !== undefined && <ChangeLine changes={step.changes} />}
    </li>
  )
}

/** Of states that are active side by side, those that the other ones are not. */
function partsOf(state: string, other: string): string {
  const others = other.split(' & ')
  const parts = state.split(' & ').filter(part => !others.includes(part))
  return parts.length === 0 ? state : parts.join(' & ')
}

/** Plain data, shortened to one line, and complete when opened. */
export function Payload({ value }: { readonly value: unknown }) {
  const line = plainText(value)
  if (line.length <= 90) return <code class="payload">{line}</code>
  return (
    <details class="payload">
      <summary>
        <code>{line.slice(0, 200)}</code>
      </summary>
      <pre>{plainText(value, 2)}</pre>
    </details>
  )
}
