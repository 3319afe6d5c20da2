import { useState } from 'preact/hooks'
import type { ControlRequest } from '../../../protocol.ts'
import type { Row } from '../../data/model.ts'
import { session } from '../../view/view.ts'
import { SendEvent } from './send-event.tsx'

/** `atPresent`: the page shows the present. The buttons are disabled elsewhere. */
export function Controls({ row, atPresent }: { readonly row: Row; readonly atPresent: boolean }) {
  const [refusal, refuse] = useState<string>()
  const [sending, setSending] = useState(false)
  const ask = async (request: ControlRequest) => {
    const { error, id } = await answerTo(request)
    refuse(error)
    // The new run is shown as soon as it is known.
    if (id !== undefined) session.want({ id })
    return error === undefined
  }
  const living = !row.over && row.status === undefined
  const machine = row.over ? undefined : session.model.machines[row.machine]
  const canSend = Object.keys(machine?.events ?? {}).length > 0
  const { key } = row
  return (
    <div
      class="controls"
      role="group"
      aria-label="Control"
      title={atPresent ? undefined : 'The page shows the past. These buttons act on the present'}
    >
      {row.controllable && living && (
        <>
          <button
            type="button"
            class="button"
            onClick={() => void ask({ key, action: 'freeze' })}
            disabled={!atPresent || row.state !== 'running'}
          >
            Freeze
          </button>
          <button
            type="button"
            class="button"
            onClick={() => void ask({ key, action: 'unfreeze' })}
            disabled={!atPresent || row.state !== 'frozen'}
          >
            Unfreeze
          </button>
          <button
            type="button"
            class="button danger"
            onClick={() => void ask({ key, action: 'cancel' })}
            disabled={!atPresent}
          >
            Cancel
          </button>
        </>
      )}
      {row.repeatable && (
        <button
          type="button"
          class="button"
          onClick={() => void ask({ key, action: 'again' })}
          disabled={!session.isNow}
        >
          Run again
        </button>
      )}
      {canSend && (
        <button
          type="button"
          class="button"
          aria-expanded={sending}
          onClick={() => setSending(!sending)}
          disabled={!atPresent}
        >
          Send event…
        </button>
      )}
      {sending && atPresent && canSend && machine !== undefined && (
        <SendEvent machine={machine} state={row.state} send={event => ask({ key, action: 'send', event })} />
      )}
      {refusal !== undefined && <span role="alert">{refusal}</span>}
    </div>
  )
}

/** Sends a request. `error`: why it was refused. `id`: of the new run. */
async function answerTo(request: ControlRequest): Promise<{ readonly error?: string; readonly id?: string }> {
  try {
    const response = await fetch('control', { method: 'POST', body: JSON.stringify(request) })
    const answer = (await response.json()) as { error?: string; id?: string }
    return response.ok ? answer : { error: answer.error ?? response.statusText }
  } catch {
    return { error: 'The inspector does not answer' }
  }
}
