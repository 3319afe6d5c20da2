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
  const act = (
    label: string,
    action: 'freeze' | 'unfreeze' | 'cancel' | 'again',
    isEnabled: boolean,
    look = 'button',
  ) => (
    <button type="button" class={look} onClick={() => void ask({ key, action })} disabled={!isEnabled}>
      {label}
    </button>
  )
  return (
    <div
      class="controls"
      role="group"
      aria-label="Control"
      title={atPresent ? undefined : 'The page shows the past. These buttons act on the present'}
    >
      {row.controllable && living && (
        <>
          {act('Freeze', 'freeze', atPresent && row.state === 'running')}
          {act('Unfreeze', 'unfreeze', atPresent && row.state === 'frozen')}
          {act('Cancel', 'cancel', atPresent, 'button danger')}
        </>
      )}
      {row.repeatable && act('Run again', 'again', session.isNow)}
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
