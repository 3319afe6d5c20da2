import { backoff, pause } from '../../../utils/timing.ts'
import { jsonLines } from '../connection/json-lines.ts'
import type { EngineContext } from '../engine-context.ts'

/**
 * Calls back whenever the engine's images change: a pull, a tag, a removal. While the engine cannot tell, it is not
 * connected, and whoever needs an image has to look.
 */
export class ImageWatch {
  readonly #context: Pick<EngineContext, 'api' | 'config' | 'liveness'>
  readonly #onChange: () => void
  readonly #closing = new AbortController()
  #isConnected = false

  constructor(context: Pick<EngineContext, 'api' | 'config' | 'liveness'>, onChange: () => void) {
    this.#context = context
    this.#onChange = onChange
    void this.#run()
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  close(): void {
    this.#closing.abort()
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (await this.#follow(signal).catch(() => false)) attempt = 0
      this.#isConnected = false
      if (!signal.aborted) await pause(backoff(attempt), signal)
    }
  }

  /** Resolves with true when the engine had answered. */
  async #follow(signal: AbortSignal): Promise<boolean> {
    const { api, config } = this.#context
    const stream = await api.stream({
      doing: 'watch the images',
      method: 'GET',
      path: '/events',
      query: { filters: JSON.stringify({ type: ['image'] }) },
      deadline: config.engineTimeout,
      signal,
    })
    const destroy = () => stream.destroy()
    signal.addEventListener('abort', destroy)
    // It must not keep the process alive by itself.
    stream.socket.unref()
    try {
      this.#isConnected = true
      // An image may have changed while nobody listened.
      this.#onChange()
      for await (const _ of jsonLines(stream)) this.#onChange()
    } catch {
      // A cut connection ends it, too.
    } finally {
      signal.removeEventListener('abort', destroy)
      stream.destroy()
    }
    return true
  }
}
