import { useEffect, useState } from 'preact/hooks'
import { eventName } from '../../../../utils/actors/mermaid.ts'
import type { ActorDetails, Step } from '../../../protocol.ts'
import { lengthOf } from '../../data/lifetime.ts'
import type { Row } from '../../data/model.ts'
import { alignedSteps, type Pair, staysOf } from '../../data/past/compare.ts'
import { differences } from '../../data/past/context.ts'
import type { History } from '../../data/past/history.ts'
import { shownState } from '../../data/state-kinds.ts'
import { duration } from '../../view/format.ts'
import { candidatesFor } from '../../view/list/candidates.ts'
import { nowOf, session } from '../../view/view.ts'
import { ChangeTable } from './changes.tsx'

/** Two actors of one machine side by side. */
export function ComparePane({ row }: { readonly row: Row }) {
  const candidates = candidatesFor(row, session.model.actors.values())
  const [chosen, choose] = useState<number>()
  const other = candidates.find(({ key }) => key === chosen) ?? candidates[0]
  if (other === undefined)
    return <p class="hint">There is no other actor of the machine {row.machine} to compare it with.</p>
  return (
    <>
      <label class="since">
        Compare {row.id} with{' '}
        <select value={String(other.key)} onChange={({ currentTarget }) => choose(Number(currentTarget.value))}>
          {candidates.map(candidate => (
            <option key={candidate.key} value={String(candidate.key)}>
              {candidate.id} · {shownState(candidate)}
            </option>
          ))}
        </select>
      </label>
      <Comparison one={row} other={other} />
    </>
  )
}

function Comparison({ one, other }: { readonly one: Row; readonly other: Row }) {
  const history = useHistoryOf(other)
  const mine = session.history
  const now = nowOf()
  const titles = [one.id, other.id] as const
  const ends = differences(endsOf(one, now), endsOf(other, now))
  const tasks = differences(mine.task, history?.task)
  const contexts = differences(mine.context, history?.context)
  return (
    <>
      <section>
        <h3>How they ended</h3>
        <ChangeTable changes={ends} titles={titles} isPair />
      </section>
      <section>
        <h3>Time in each state</h3>
        <Stays stays={staysOf(one, other, now)} titles={titles} />
      </section>
      {Object.keys(tasks).length > 0 && history?.task !== undefined && (
        <section>
          <h3>Task</h3>
          <ChangeTable changes={tasks} titles={titles} isPair />
        </section>
      )}
      {Object.keys(contexts).length > 0 && history?.context !== undefined && (
        <section>
          <h3>Context</h3>
          <ChangeTable changes={contexts} titles={titles} isPair />
        </section>
      )}
      <section>
        <h3>Steps</h3>
        {history === undefined ? <p class="hint">Loading…</p> : <Steps one={mine} other={history} titles={titles} />}
      </section>
    </>
  )
}

/** What is told of an end, by name. */
const endsOf = (row: Row, now: number) => ({
  image: row.image,
  command: row.command,
  state: shownState(row),
  'exit code': row.exitCode,
  reason: row.reason?.message,
  'standard error': row.errorLine,
  took: duration(lengthOf(row, now)),
})

type Titles = readonly [string, string]

function Stays({ stays, titles }: { readonly stays: readonly Pair<number>[]; readonly titles: Titles }) {
  const text = (ms: number | undefined) => (ms === undefined ? '–' : duration(ms))
  return (
    <table class="changes">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">{titles[0]}</th>
          <th scope="col">{titles[1]}</th>
        </tr>
      </thead>
      <tbody>
        {stays.map(({ name, one, other }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{text(one)}</td>
            <td>{text(other)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Steps({ one, other, titles }: { readonly one: History; readonly other: History; readonly titles: Titles }) {
  return (
    <table class="changes steps">
      <thead>
        <tr>
          <th scope="col">{titles[0]}</th>
          <th scope="col">{titles[1]}</th>
        </tr>
      </thead>
      <tbody>
        {alignedSteps(one.log, other.log).map(({ one: mine, other: theirs }) => (
          <tr key={`${mine?.n}-${theirs?.n}`} class={mine && theirs ? '' : 'differs'}>
            <td>{textOf(mine)}</td>
            <td>{textOf(theirs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const textOf = (step: Step | undefined) =>
  step === undefined ? '' : `${eventName(step.event)} → ${step.from === step.to ? `stays ${step.to}` : step.to}`

/** The past of an actor that is not selected; undefined until it was fetched. */
function useHistoryOf(row: Row): History | undefined {
  const [fetched, setFetched] = useState<ActorDetails>()
  const { key, steps } = row
  useEffect(() => {
    if (!session.canFetch) return
    const abort = new AbortController()
    fetch(`actors/${key}`, { signal: abort.signal })
      .then(response => (response.ok ? response.json() : undefined))
      .then((details: ActorDetails | undefined) => setFetched(details))
      .catch(() => {})
    return () => abort.abort()
  }, [key, steps])
  const details = fetched?.key === key ? fetched : undefined
  if (details === undefined && session.canFetch) return undefined
  return session.historyOf(row, details)
}
