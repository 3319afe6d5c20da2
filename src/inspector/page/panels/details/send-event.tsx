import { useState } from 'preact/hooks'
import type { MachineInfo } from '../../../protocol.ts'
import { treeOf } from '../../chart/tree.ts'

interface SendProps {
  readonly machine: MachineInfo
  readonly state: string
  /** Resolves with true when the event was sent. */
  readonly send: (event: { readonly type: string }) => Promise<boolean>
}

/** A form that sends an event with data to an actor. Those that its state handles come first. */
export function SendEvent({ machine, state, send }: SendProps) {
  const { pathOf } = treeOf(machine)
  const active = new Set(['', ...state.split(' & ').flatMap(pathOf)])
  const events = Object.entries(machine.events ?? {})
    .map(([name, states]) => ({ name, isHandled: states.some(handling => active.has(handling)) }))
    .toSorted((a, b) => Number(b.isHandled) - Number(a.isHandled))
  const [type, setType] = useState(events[0]?.name ?? '')
  const [data, setData] = useState('')
  const fields = readFields(data)
  return (
    <form
      class="send-event"
      aria-label="Send an event"
      onSubmit={submit => {
        submit.preventDefault()
        if (fields !== undefined) void send({ ...fields, type }).then(sent => sent && setData(''))
      }}
    >
      <label>
        Event
        <select value={type} onChange={({ currentTarget }) => setType(currentTarget.value)}>
          {events.map(({ name, isHandled }) => (
            <option key={name} value={name}>
              {name}
              {isHandled ? '' : ' (not handled now)'}
            </option>
          ))}
        </select>
      </label>
      <label>
        Data
        <input
          type="text"
          placeholder='{"name": "value"}'
          spellcheck={false}
          value={data}
          aria-invalid={fields === undefined}
          onInput={({ currentTarget }) => setData(currentTarget.value)}
        />
      </label>
      <button type="submit" class="button" disabled={fields === undefined}>
        Send
      </button>
      {fields === undefined && <span class="hint">Data is an object in JSON, or nothing.</span>}
    </form>
  )
}

/** Undefined where the text is no object in JSON. */
function readFields(text: string): object | undefined {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
