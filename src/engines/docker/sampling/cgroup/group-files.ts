import { existsSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readText } from '../../../../utils/read-text.ts'
import { type Controller, controllers, networkBytes, readV1, readV2 } from './counters.ts'
import { KeptFiles } from './kept-files.ts'
import { type CgroupMounts, parseGroups, usualGroups } from './mounts.ts'
import type { Reading } from './series.ts'

/** The files of one container's control group on this machine. */
export class CgroupFiles {
  readonly #mounts: CgroupMounts
  readonly #folders: ReadonlyMap<Controller, string>
  readonly #files = new KeptFiles()
  #pid: string | undefined
  #isOnHostNetwork = false
  #network = { received: 0, sent: 0 }

  private constructor(mounts: CgroupMounts, folders: ReadonlyMap<Controller, string>) {
    this.#mounts = mounts
    this.#folders = folders
  }

  /**
   * Finds a container's group: first where engines usually put it, then by the id of one of its processes. Resolves
   * with undefined when there is none.
   */
  static async find(
    mounts: CgroupMounts,
    id: string,
    findPid: () => Promise<number | undefined>,
  ): Promise<CgroupFiles | undefined> {
    for (const group of usualGroups(id)) {
      const files = CgroupFiles.#at(mounts, () => group)
      if (files !== undefined) return files
    }
    const pid = await findPid()
    const groups = parseGroups(readText(`/proc/${pid}/cgroup`) ?? '', mounts.version)
    // A group without the container's id belongs to another process with the same process id.
    const isOwn = [...groups.values()].every(group => group.includes(id))
    return isOwn ? CgroupFiles.#at(mounts, controller => groups.get(controller)) : undefined
  }

  static #at(mounts: CgroupMounts, groupOf: (controller: Controller) => string | undefined): CgroupFiles | undefined {
    const folders = new Map<Controller, string>()
    for (const controller of controllers) {
      const group = groupOf(controller)
      const folder = group === undefined ? undefined : mounts.folder(controller, group)
      if (folder === undefined || !existsSync(folder)) return undefined
      folders.set(controller, folder)
    }
    return new CgroupFiles(mounts, folders)
  }

  /** Reads the counters. Returns undefined when the container is gone. */
  read(): Reading | undefined {
    const read = (controller: Controller, file: string) =>
      this.#files.read(join(this.#folders.get(controller) ?? '', file))
    const counters = this.#mounts.version === 1 ? readV1(read) : readV2(read)
    if (counters === undefined) return undefined
    return { counters, network: this.#readNetwork(read), timestamp: Date.now(), now: performance.now() }
  }

  /** Closes the files. */
  close(): void {
    this.#files.close()
  }

  /**
   * Control groups do not count network traffic, so it is read from the namespace of one of the processes. The last
   * values stay when the last process has ended.
   */
  #readNetwork(read: (controller: Controller, file: string) => string | undefined) {
    if (this.#isOnHostNetwork) return this.#network
    // This file is not kept open: that would keep the namespace alive.
    const text = readNetwork(this.#pid)
    if (text !== undefined) {
      this.#network = networkBytes(text)
      return this.#network
    }
    this.#pid = /^[1-9]\d*/.exec(read('memory', 'cgroup.procs') ?? '')?.[0]
    this.#isOnHostNetwork = this.#pid !== undefined && isOnHostNetwork(this.#pid)
    const first = this.#isOnHostNetwork ? undefined : readNetwork(this.#pid)
    if (first !== undefined) this.#network = networkBytes(first)
    return this.#network
  }
}

/** A container on the host's network has no counters of its own. */
function isOnHostNetwork(pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net')
  } catch {
    return false
  }
}

function readNetwork(pid: string | undefined): string | undefined {
  return pid === undefined ? undefined : readText(`/proc/${pid}/net/dev`)
}
