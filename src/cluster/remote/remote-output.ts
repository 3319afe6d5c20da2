import type { ContainerStreams, OutputSink } from '../../engines/engine.ts'
import { deferred } from '../../utils/deferred.ts'
import type { Message } from '../link/link.ts'

/** Passes the output that comes over the wire to the sinks, with backpressure until {@link drain}. */
export class RemoteOutput {
  readonly #drained = deferred<void>()
  readonly #blocked = new Set<OutputSink>()
  #streams: Pick<ContainerStreams, 'stdout' | 'stderr'> | undefined
  #isTruncated = false

  use(streams: Pick<ContainerStreams, 'stdout' | 'stderr'>): void {
    this.#streams = streams
  }

  get isUsed(): boolean {
    return this.#streams !== undefined
  }

  /** Some of it was dropped. */
  get isTruncated(): boolean {
    return this.#isTruncated
  }

  /** From now on, a sink that is not ready gets no further output. */
  drain(): void {
    this.#drained.resolve()
  }

  /** Returns a promise when the next message must wait. */
  write({ type, data }: Message): Promise<void> | undefined {
    if (data === undefined || this.#streams === undefined) return undefined
    const sink = type === 'err' ? this.#streams.stderr : this.#streams.stdout
    if (this.#blocked.has(sink)) {
      this.#isTruncated = true
      return undefined
    }
    const written = sink.write(data)
    if (written === undefined) return undefined
    this.#blocked.add(sink)
    const free = written.then(() => void this.#blocked.delete(sink))
    return Promise.race([free, this.#drained.promise])
  }
}
