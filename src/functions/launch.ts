import { type CookietinError, toCookietinError } from '../errors.ts'
import type { Owner } from '../executor/queue/admission-queue.ts'
import type { Demand } from '../executor/queue/resource-pool.ts'
import type { Admission } from '../executor/queue/scheduler.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { FunctionHost } from './host.ts'
import { LogRouter } from './slot/log-router.ts'
import { Slot, type SlotParts, type SlotState } from './slot/slot.ts'
import type { FunctionSpares } from './spares.ts'
import type { ResolvedSpec } from './spec.ts'

/** A container that is being started. */
export interface Launch {
  readonly admission: Admission
  /** Resolves with the slot after its admission. Rejects with the reason as a CookietinError, or with undefined after a withdrawal. */
  readonly slot: Promise<Slot>
}

/** Asks for admission, then makes a slot, which returns its place when it is gone. Returns an error when the task is invalid by now. */
export function launchSlot(
  host: FunctionHost,
  spec: ResolvedSpec,
  owner: Owner,
  { onServed, onChange: follow }: Pick<SlotParts, 'onServed' | 'onChange'>,
  spares?: FunctionSpares,
): Launch | CookietinError {
  let task: ResolvedTask
  try {
    task = host.resolve({ ...spec.task, stdout: undefined, stderr: undefined })
  } catch (error) {
    // It was valid when the function was made. The paths that it mounts may have changed since.
    return cannotLaunch(error)
  }
  const demand = demandOf(task, host.total)
  const admission = host.admit(task.id, demand, owner)
  return { admission, slot: make() }

  async function make(): Promise<Slot> {
    const release = await admission.granted
    try {
      const folder = spares?.take() ?? (await host.folders.make())
      const [stdout, stderr] = [new LogRouter(spec.task.stdout), new LogRouter(spec.task.stderr)]
      try {
        const cookie = host.open(
          host.resolve({ ...spec.task, id: task.id, udsPath: folder.path, stdout, stderr }),
          spec.name,
        )
        return new Slot({ spec, cookie, folder, stdout, stderr, demand, inspect: host.inspect, onServed, onChange })
      } catch (error) {
        await folder.remove()
        throw error
      }
    } catch (error) {
      release()
      throw cannotLaunch(error)
    }

    function onChange(slot: Slot, state: SlotState, from: SlotState): void {
      if (state === 'gone') release()
      follow(slot, state, from)
    }
  }
}

/** What a task holds while it runs. All GPUs are those of the executor. */
export function demandOf(task: ResolvedTask, total: Demand): Demand {
  const { memory, cpus, gpus } = task
  // A queued task is its own demand: another object for each would cost as much as its place in the queue.
  return gpus === 'all' ? { memory, cpus, gpus: total.gpus ?? 0 } : (task as ResolvedTask & { readonly gpus: number })
}

function cannotLaunch(error: unknown): CookietinError {
  return toCookietinError(error, 'ERR_COOKIETIN_ENGINE_ERROR', 'Cannot launch a container')
}
