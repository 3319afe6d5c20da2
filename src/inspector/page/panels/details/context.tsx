import { useState } from 'preact/hooks'
import { eventName } from '../../../../utils/actors/mermaid.ts'
import type { Step } from '../../../protocol.ts'
import { changesIn, contextAt } from '../../data/past/context.ts'
import type { History } from '../../data/past/history.ts'
import { ChangeTable } from './changes.tsx'
import { Payload } from './log.tsx'

const nameOf = ({ n, event, to }: Step) => `${n} · ${eventName(event)} → ${to}`

/** A machine's context at the shown step, and what has changed in it since another step. */
export function ContextSection({
  history: { log, context },
  cursor,
}: {
  readonly history: History
  readonly cursor: number | undefined
}) {
  const [since, setSince] = useState<number>()
  const shown = cursor ?? log.at(-1)?.n ?? 0
  const first = log[0]?.n ?? 1
  const from = since === undefined || since >= shown ? shown - 1 : since
  const changes = changesIn(log, from, shown)
  const earlier = log.filter(({ n }) => n < shown)
  return (
    <section class="context">
      <h3>
        Context <small>{cursor === undefined ? 'now' : `after step ${shown}`}</small>
      </h3>
      {context !== undefined && <Payload value={contextAt(context, log, cursor)} />}
      {log.length > 0 && (
        <>
          <label class="since">
            What changed since{' '}
            <select value={String(from)} onChange={({ currentTarget }) => setSince(Number(currentTarget.value))}>
              <option value={String(first - 1)}>{first > 1 ? `before step ${first}` : 'it began'}</option>
              {earlier.map(step => (
                <option key={step.n} value={String(step.n)}>
                  step {nameOf(step)}
                </option>
              ))}
            </select>
          </label>
          {Object.keys(changes).length === 0 ? (
            <p class="hint">Nothing in its context.</p>
          ) : (
            <ChangeTable changes={changes} titles={['Before', 'After']} />
          )}
        </>
      )}
    </section>
  )
}
