import { useState } from 'preact/hooks'
import type { ControlRequest } from '../../../protocol.ts'
import type { Row } from '../../data/model.ts'

/** `atPresent`: the page shows the present. The buttons are disabled elsewhere. */
export function Controls({ row, atPresent }: { readonly row: Row; readonly atPresent: boolean }) {
  const [refusal, refuse] = useState<string>()
  const ask = async (action: ControlRequest['action']) => refuse(await refusalOf({ key: row.key, action }))
  return (
    <div
      class="controls"
      role="group"
      aria-label="Control"
      title={atPresent ? undefined : 'The page shows the past. These buttons act on the present'}
    >
      <button
        type="button"
        class="button"
        onClick={() => void ask('freeze')}
        disabled={!atPresent || row.state !== 'running'}
      >
        Freeze
      </button>
      <button
        type="button"
        class="button"
        onClick={() => void ask('unfreeze')}
        disabled={!atPresent || row.state !== 'frozen'}
      >
        Unfreeze
      </button>
      <button type="button" class="button danger" onClick={() => void ask('cancel')} disabled={!atPresent}>
        Cancel
      </button>
      {refusal !== undefined && <span role="alert">{refusal}</span>}
    </div>
  )
}

/** Sends a request. Resolves with the reason where it was refused, else with undefined. */
async function refusalOf(request: ControlRequest): Promise<string | undefined> {
  try {
    const response = await fetch('control', { method: 'POST', body: JSON.stringify(request) })
    if (response.ok) return undefined
    const { error } = (await response.json()) as { error?: string }
    return error ?? response.statusText
  } catch {
    return 'The inspector does not answer'
  }
}
