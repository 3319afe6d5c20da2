import { type CookietinError, toCookietinError } from '../errors.ts'
import type { Owner } from '../queue/admission-queue.ts'
import type { Admission } from '../queue/scheduler.ts'
import type { ResolvedTask } from '../task/task.ts'
import type { FunctionHost } from './host.ts'
import { LogRouter } from './slot/log-router.ts'
import { Slot, type SlotState } from './slot/slot.ts'
import type { ResolvedSpec } from './spec.ts'

/** A container that is asked for. */
export interface Launch {
  readonly admission: Admission
  /** The slot, once its place was given; rejects with a CookietinError that says why it could not be made, with undefined where it was withdrawn. */
  readonly slot: Promise<Slot>
}

/** Asks for a place, and makes a slot in it, which gives it back when it is gone. Gives the error where its task is none any more. */
export function launchSlot(
  host: FunctionHost,
  spec: ResolvedSpec,
  owner: Owner,
  follow: (slot: Slot, state: SlotState, from: SlotState) => void,
): Launch | CookietinError {
  let task: ResolvedTask
  try {
    task = host.resolve({ ...spec.task, stdout: undefined, stderr: undefined })
  } catch (error) {
    // It was good when the function was made; what it mounts may have changed since.
    return cannotLaunch(error)
  }
  const demand = { memory: task.memory, cpus: task.cpus }
  const admission = host.admit(task.id, demand, owner)
  return { admission, slot: make() }

  async function make(): Promise<Slot> {
    const release = await admission.granted
    try {
      const folder = await host.folders.make()
      const [stdout, stderr] = [new LogRouter(spec.task.stdout), new LogRouter(spec.task.stderr)]
      try {
        const cookie = host.open(host.resolve({ ...spec.task, id: task.id, udsPath: folder.path, stdout, stderr }))
        return new Slot({ spec, cookie, folder, stdout, stderr, demand, inspect: host.inspect, changed })
      } catch (error) {
        await folder.remove()
        throw error
      }
    } catch (error) {
      release()
      throw cannotLaunch(error)
    }

    function changed(slot: Slot, state: SlotState, from: SlotState): void {
      if (state === 'gone') release()
      follow(slot, state, from)
    }
  }
}

function cannotLaunch(error: unknown): CookietinError {
  return toCookietinError(error, 'ERR_COOKIETIN_ENGINE_ERROR', 'Cannot launch a container')
}
