import { useState } from 'preact/hooks'
import type { MachineInfo } from '../../../protocol.ts'
import { treeOf } from '../../chart/tree.ts'
import type { Row } from '../../data/model.ts'
import { session } from '../../view/view.ts'

interface SendProps {
  readonly row: Row
  readonly events: readonly string[]
  /** Resolves with true when the event was sent. */
  readonly send: (event: { readonly type: string }) => Promise<boolean>
}

/** A form that sends an event with data to an actor. Those that lead on from its state come first. */
export function SendEvent({ row, events, send }: SendProps) {
  const machine = session.model.machines[row.machine]
  const leading = machine === undefined ? [] : leadingOn(machine, row.state)
  const sorted = [
    ...events.filter(event => leading.includes(event)),
    ...events.filter(event => !leading.includes(event)),
  ]
  const [type, setType] = useState(sorted[0] ?? '')
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
          {sorted.map(event => (
            <option key={event} value={event}>
              {event}
              {leading.includes(event) ? '' : ' (not from here)'}
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

/** The events of the arrows that lead on from a state, or from a state that it is in. */
function leadingOn(machine: MachineInfo, state: string): string[] {
  const tree = treeOf(machine)
  const active = new Set(state.split(' & ').flatMap(tree.pathOf))
  return machine.arrows.filter(({ from }) => active.has(from)).map(({ event }) => event)
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
