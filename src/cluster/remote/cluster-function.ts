import type { RemoteCall, RemoteFunction, RemoteFunctionSpec, RemoteRequest } from '../../engines/remote-functions.ts'
import { encodeFunction, keyOfFunction, type WireFunction } from '../wire/function.ts'
import { ClusterCall } from './cluster-call.ts'
import type { ClusterClient } from './cluster-client.ts'
import { prewarm } from './prewarm.ts'

/** A function whose containers are on the hosts of a cluster. */
export class ClusterFunction implements RemoteFunction {
  readonly #client: ClusterClient
  readonly #wire: WireFunction
  readonly #key: string
  readonly #mayRerun: boolean
  readonly #release: () => void

  constructor(client: ClusterClient, spec: RemoteFunctionSpec, mayRerun: boolean) {
    this.#client = client
    this.#wire = encodeFunction(spec)
    this.#key = keyOfFunction(this.#wire)
    this.#mayRerun = mayRerun
    this.#release = client.hosts.use()
  }

  get slots(): Readonly<Record<string, number>> {
    const sum: Record<string, number> = {}
    for (const { slots } of this.#client.hosts.all) {
      for (const [state, count] of Object.entries(slots[this.#key] ?? {})) sum[state] = (sum[state] ?? 0) + count
    }
    return sum
  }

  call(request: RemoteRequest): RemoteCall {
    return new ClusterCall(this.#client, request, {
      key: this.#key,
      wire: this.#wire,
      mayRerun: this.#mayRerun,
    })
  }

  async prewarm(count: number): Promise<void> {
    await prewarm(this.#client, { key: this.#key, wire: this.#wire, count })
  }

  close(): void {
    this.#release()
  }
}
