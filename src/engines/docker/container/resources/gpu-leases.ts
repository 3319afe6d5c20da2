import type { CreateOptions } from '../../../../task/engine/create-options.ts'

/** Spreads containers over the GPUs of the engine: without it, each would get the first one. */
export class GpuLeases {
  readonly #users: number[]
  readonly #podman: boolean

  constructor(count: number, podman: boolean) {
    this.#users = Array.from({ length: count }, () => 0)
    this.#podman = podman
  }

  /** Gives the options those GPUs that the fewest containers use. Returns the function that gives them back. */
  lease({ HostConfig }: CreateOptions, gpus: number | 'all'): () => void {
    const wanted = gpus === 'all' ? this.#users.length : gpus
    if (wanted === 0) return () => {}
    const order = [...this.#users.keys()].sort((a, b) => (this.#users[a] ?? 0) - (this.#users[b] ?? 0))
    const taken = order.slice(0, wanted)
    const count = (change: number) => {
      for (const index of taken) this.#users[index] = (this.#users[index] ?? 0) + change
    }
    count(1)
    // Podman knows GPUs by the names of the container device interface alone.
    const request = this.#podman
      ? { Driver: 'cdi', DeviceIDs: taken.map(index => `nvidia.com/gpu=${index}`) }
      : { DeviceIDs: taken.map(String), Capabilities: [['gpu']] }
    HostConfig.DeviceRequests = [...(HostConfig.DeviceRequests ?? []), request]
    let isHeld = true
    return () => {
      if (isHeld) count(-1)
      isHeld = false
    }
  }
}
