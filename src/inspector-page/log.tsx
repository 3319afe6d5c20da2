import { useEffect, useRef } from 'preact/hooks'
import type { Step } from '../inspector/protocol.ts'
import { familyOf } from './families.ts'
import { clock, duration, eventName } from './format.ts'
import { show } from './view.ts'

/** What an actor did, step by step, with the time between; a click looks at that moment. */
export function Log({
  log,
  cursor,
  born,
}: {
  readonly log: readonly Step[]
  readonly cursor: number | undefined
  readonly born: number
}) {
  const box = useRef<HTMLOListElement>(null)
  const last = log.at(-1)?.n
  const shown = cursor ?? last
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>('[aria-current]')
    const list = box.current
    // The list alone: scrollIntoView would move the whole pane.
    if (line == null || list === null) return
    if (line.offsetTop < list.scrollTop) list.scrollTop = line.offsetTop
    else list.scrollTop = Math.max(list.scrollTop, line.offsetTop + line.offsetHeight - list.clientHeight)
  }, [shown])
  if (log.length === 0) return <p class="hint">It has not made a step yet.</p>
  return (
    <ol class="log" ref={box}>
      {log.map((step, index) => {
        const before = log[index - 1]?.at ?? born
        return (
          <li
            key={step.n}
            class={`f-${familyOf(step.to)}${cursor !== undefined && step.n > cursor ? ' ahead' : ''}`}
            aria-current={step.n === shown ? 'step' : undefined}
          >
            <button type="button" onClick={() => show({ cursor: step.n === last ? undefined : step.n })}>
              <span class="gap" title={clock(step.at)}>
                +{duration(step.at - before)}
              </span>
              <span class="event">{eventName(step.event)}</span>
              <span class="move">
                {step.from === step.to ? (
                  <em>stays {step.to}</em>
                ) : (
                  <>
                    {step.from} → <b>{step.to}</b>
                  </>
                )}
              </span>
            </button>
            {step.payload !== undefined && <Payload value={step.payload} />}
          </li>
        )
      })}
    </ol>
  )
}

/** Plain data: short on one line, opened in full. */
export function Payload({ value }: { readonly value: unknown }) {
  const line = JSON.stringify(value)
  if (line.length <= 90) return <code class="payload">{line}</code>
  return (
    <details class="payload">
      <summary>
        <code>{line.slice(0, 90)}…</code>
      </summary>
      <pre>{JSON.stringify(value, null, 2)}</pre>
    </details>
  )
}
