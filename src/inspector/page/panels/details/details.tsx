import type { Step } from '../../../protocol.ts'
import type { Row } from '../../data/model.ts'
import { endedBadly, kindOf, shownState } from '../../data/state-kinds.ts'
import { select, session, show, stepBy, type View } from '../../view/view.ts'
import { ComparePane } from './compare.tsx'
import { ContextSection } from './context.tsx'
import { Controls } from './controls.tsx'
import { LogSection, MachinePane } from './machine.tsx'
import { OutputPane } from './output.tsx'
import { TaskPane } from './task.tsx'

/** One actor: how it ended, and the chosen one of its panes. */
export function Details({ row, view: { cursor, pane } }: { readonly row: Row; readonly view: View }) {
  const { history } = session
  const { log } = history
  const reason = endedBadly(row) ? row.reason : undefined
  const what = [row.image ?? row.machine, row.command].filter(Boolean).join(' ')
  const shown = panesOf(row).some(([key]) => key === pane) ? pane : 'machine'
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
      {row.errorLine !== undefined && kindOf(row.status ?? '') === 'bad' && (
        <p class="error-line" title="The last line of standard error">
          {row.errorLine}
        </p>
      )}
      {!session.model.actors.has(row.key) && (
        <p class="hint">
          The inspector has dropped this actor, because it keeps a limited number. This is its last state.
        </p>
      )}
      <div class="actions">
        <StepControls cursor={cursor} log={log} />
        {session.hello?.control && (
          <Controls key={row.key} row={row} atPresent={cursor === undefined && session.isNow} />
        )}
      </div>
      <div class="tabs panes" role="group" aria-label="Details">
        {panesOf(row).map(([key, title]) => (
          <button key={key} type="button" class="tab" aria-pressed={shown === key} onClick={() => show({ pane: key })}>
            {title}
          </button>
        ))}
      </div>
      {shown === 'machine' && <MachinePane row={row} cursor={cursor} />}
      {shown === 'output' && <OutputPane key={row.key} row={row} />}
      {shown === 'task' && <TaskPane key={row.key} />}
      {shown === 'compare' && <ComparePane key={row.key} row={row} />}
      {shown === 'log' && (
        <>
          <LogSection row={row} cursor={cursor} />
          <ContextSection key={row.key} history={history} cursor={cursor} />
        </>
      )}
    </aside>
  )
}

const panes: readonly (readonly [key: View['pane'], title: string])[] = [
  ['machine', 'Machine'],
  ['output', 'Output'],
  ['task', 'Task'],
  ['log', 'Log'],
  ['compare', 'Compare'],
]

/** Only a run has output and a task. */
const panesOf = (row: Row) => panes.filter(([key]) => row.hasTask || (key !== 'output' && key !== 'task'))

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
