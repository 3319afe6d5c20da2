import { messageOf } from '../../errors.ts'
import type { ControlRequest } from '../protocol.ts'
import type { Hub } from '../tracking/hub.ts'
import type { TrackedActor } from '../tracking/tracked-actor.ts'

/** The HTTP status for a request to control an actor, and the error. */
export interface ControlAnswer {
  readonly status: 200 | 400 | 404 | 409
  readonly error?: string
  /** The id of the new run. */
  readonly id?: string
}

const actions: readonly ControlRequest['action'][] = ['freeze', 'unfreeze', 'cancel', 'again', 'send']

/** Controls an actor as a page requests. */
export async function control(hub: Hub, body: string): Promise<ControlAnswer> {
  const request = read(body)
  if (typeof request === 'string') return { status: 400, error: request }
  const actor = hub.get(request.key)
  if (actor === undefined) return { status: 404, error: 'The inspector no longer keeps this actor' }
  try {
    return await act(actor, request)
  } catch (error) {
    return { status: 409, error: messageOf(error) }
  }
}

async function act(actor: TrackedActor, request: ControlRequest): Promise<ControlAnswer> {
  const { inspectable, again, identity } = actor
  const doing = request.action === 'again' ? `run ${identity.id} again` : `${request.action} ${identity.id}`
  const cannot = (why: string): ControlAnswer => ({ status: 409, error: `Cannot ${doing}: ${why}` })
  switch (request.action) {
    case 'send': {
      const refusal = actor.send(request.event)
      return refusal === undefined ? { status: 200 } : cannot(refusal)
    }
    case 'again':
      return again === undefined
        ? cannot('what it ran is not kept, or can be read only once')
        : { status: 200, id: again() }
    default: {
      const { action } = request
      if (inspectable?.[action] === undefined) return cannot('it is at its end, or cannot be controlled')
      await (action === 'cancel' ? inspectable.cancel?.('cancelled in the inspector') : inspectable[action]?.())
      return { status: 200 }
    }
  }
}

/** The request of a body, or what it has to be. */
function read(body: string): ControlRequest | string {
  const wanted = `Send {"key": …, "action": "${actions.join('" | "')}"}`
  try {
    const { key, action, event } = JSON.parse(body) as { key?: unknown; action?: unknown; event?: unknown }
    const known = actions.find(name => name === action)
    if (typeof key !== 'number' || known === undefined) return wanted
    if (known !== 'send') return { key, action: known }
    const { type } = (event ?? {}) as { type?: unknown }
    if (typeof type !== 'string' || type === '') return 'Send {"key": …, "action": "send", "event": {"type": "…", …}}'
    return { key, action: known, event: { ...(event as object), type } }
  } catch {
    return wanted
  }
}
