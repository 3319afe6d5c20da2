import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readText } from '../../../../utils/read-text.ts'
import { controllers, networkBytes, readV1, readV2 } from './counters.ts'
import { findGroup } from './find-group.ts'
import { KeptFiles } from './kept-files.ts'
import type { CgroupMounts, Controller } from './mounts.ts'
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

  /** Finds a container's group. Resolves with undefined when there is none. */
  static async find(
    mounts: CgroupMounts,
    id: string,
    findPid: () => Promise<number | undefined>,
  ): Promise<CgroupFiles | undefined> {
    const folders = await findGroup({ mounts, needed: controllers, id, findPid })
    return folders && new CgroupFiles(mounts, folders)
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
