import type { SpareContainers } from '../engines/engine.ts'
import type { FunctionHost } from './host.ts'
import type { SocketFolder } from './socket/folder.ts'
import type { ResolvedSpec } from './spec.ts'

/**
 * The spare containers of a function. Each has the folder of its socket from its creation on, since a mount cannot be
 * added later: a launch that takes the folder gets the container.
 */
export class FunctionSpares {
  readonly #folders = new Map<string, SocketFolder>()
  readonly #containers: SpareContainers

  constructor(host: FunctionHost, spec: ResolvedSpec) {
    const taskOf = (udsPath?: string) => host.resolve({ ...spec.task, udsPath, stdout: undefined, stderr: undefined })
    this.#containers = host.openSpares({
      size: spec.spares,
      task: taskOf(),
      make: async () => {
        const folder = await host.folders.make()
        this.#folders.set(folder.path, folder)
        return taskOf(folder.path)
      },
      // A folder that was taken belongs to its slot.
      unmake: async ({ udsPath = '' }) => await this.#take(udsPath)?.remove(),
    })
  }

  /** Takes the folder of a container that waits. Undefined when none does. */
  take(): SocketFolder | undefined {
    for (const { udsPath = '' } of this.#containers.waiting) {
      const folder = this.#take(udsPath)
      if (folder !== undefined) return folder
    }
    return undefined
  }

  /** Removes the containers that wait, and their folders. */
  close(): Promise<void> {
    return this.#containers.close()
  }

  #take(path: string): SocketFolder | undefined {
    const folder = this.#folders.get(path)
    this.#folders.delete(path)
    return folder
  }
}
