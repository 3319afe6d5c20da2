import { messageOf } from '../../errors.ts'
import type { ControlRequest } from '../protocol.ts'
import type { Hub } from '../tracking/hub.ts'

/** The HTTP status for a request to control an actor, and the error. */
export interface ControlAnswer {
  readonly status: 200 | 400 | 404 | 409
  readonly error?: string
}

const actions: readonly ControlRequest['action'][] = ['freeze', 'unfreeze', 'cancel']

/** Controls an actor as a page requests. */
export async function control(hub: Hub, body: string): Promise<ControlAnswer> {
  const request = read(body)
  if (request === undefined) return { status: 400, error: `Send {"key": …, "action": "${actions.join('" | "')}"}` }
  const { key, action } = request
  const actor = hub.get(key)
  if (actor === undefined) return { status: 404, error: 'The inspector no longer keeps this actor' }
  const { inspectable } = actor
  if (inspectable?.[action] === undefined) {
    return { status: 409, error: `Cannot ${action} ${actor.identity.id}: it is at its end, or cannot be controlled` }
  }
  try {
    await (action === 'cancel' ? inspectable.cancel?.('cancelled in the inspector') : inspectable[action]?.())
    return { status: 200 }
  } catch (error) {
    return { status: 409, error: messageOf(error) }
  }
}

function read(body: string): ControlRequest | undefined {
  try {
    const { key, action } = JSON.parse(body) as Partial<ControlRequest>
    return typeof key === 'number' && actions.some(known => known === action)
      ? ({ key, action } as ControlRequest)
      : undefined
  } catch {
    return undefined
  }
}
