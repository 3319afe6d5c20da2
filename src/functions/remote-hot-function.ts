import type { Writable } from 'node:stream'
import { isUint8Array } from 'node:util/types'
import { Subject } from 'rxjs'
import type { Engine, OutputSink } from '../engines/engine.ts'
import type { RemoteCall, RemoteFunction, ServedCallRecord } from '../engines/remote-functions.ts'
import { InvalidInputError, toCookietinError } from '../errors.ts'
import { toChunks } from '../task/input.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import { type Call, type CallListener, reportCall } from './call/call.ts'
import { openCall } from './call/open-call.ts'
import type { CallRecord } from './call/record.ts'
import type { CallExchange, CallTarget } from './call/target.ts'
import type { HotFunction, OpenFunction } from './function.ts'
import type { FunctionHost } from './host.ts'
import type { Outgoing } from './http/exchange.ts'
import { hasNoBody } from './http/headers.ts'
import { type InvokeRequest, type ResolvedRequest, resolveRequest } from './http/request.ts'
import { closedError } from './prewarming.ts'
import { LogRouter } from './slot/log-router.ts'
import type { ResolvedSpec } from './spec.ts'

/** The parts of a {@link RemoteHotFunction}. */
interface RemoteParts {
  readonly host: FunctionHost
  readonly spec: ResolvedSpec
  readonly onClosed: () => void
}

/**
 * Opens a function on an engine whose containers are on other hosts; undefined for every other engine.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for what other hosts cannot do.
 */
export function openRemoteFunction(engine: Engine, task: ResolvedTask, parts: RemoteParts): HotFunction | undefined {
  if (engine.openFunction === undefined) return undefined
  const { task: _, minContainers, ...settings } = parts.spec
  if (minContainers > 0) {
    const allowed = '0: the containers are on other hosts, which keep none for one process. prewarm() starts some'
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [
      { field: 'minContainers', value: String(minContainers), allowed },
    ])
  }
  return new RemoteHotFunction(engine.openFunction({ task, settings }), parts)
}

/** A {@link HotFunction} whose containers are on other hosts. Each of its calls goes to one of them. */
class RemoteHotFunction implements OpenFunction {
  readonly calls$ = new Subject<CallRecord>()
  readonly #host: FunctionHost
  readonly #spec: ResolvedSpec
  readonly #remote: RemoteFunction
  readonly #onClosed: () => void
  readonly #calls = new Set<Call>()
  readonly #listener: CallListener = {
    onLeft: () => {},
    onOver: call => {
      this.#calls.delete(call)
      if (this.#calls.size === 0) this.#onIdle()
      reportCall(call, this.#spec.task.image, this.calls$)
    },
  }
  #onIdle = () => {}
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(remote: RemoteFunction, { host, spec, onClosed }: RemoteParts) {
    this.#host = host
    this.#spec = spec
    this.#remote = remote
    this.#onClosed = onClosed
  }

  get name(): string {
    return this.#spec.name
  }

  get slots(): HotFunction['slots'] {
    return this.#remote.slots
  }

  get size(): number {
    return Object.values(this.#remote.slots).reduce((sum, count) => sum + count, 0)
  }

  async invoke(request: InvokeRequest = {}): Promise<Response> {
    return this.call(resolveRequest(request, this.#spec.timeout)).response
  }

  call(request: ResolvedRequest, id?: string): Call {
    const call = openCall(this.#host, this.#spec, request, { listener: this.#listener, id, isClosed: this.#isClosed })
    if (call.isOver) return call
    this.#calls.add(call)
    call.send(new RemoteTarget(this.#remote, this.#spec, () => call.finish()))
    return call
  }

  async prewarm(count: number): Promise<void> {
    if (this.#isClosed) throw closedError()
    await this.#remote.prewarm(count)
  }

  close(options?: { readonly force?: boolean | undefined }): Promise<void> {
    const force = options?.force ?? false
    this.#isClosed = true
    this.#closing ??= this.#close()
    if (force) for (const call of [...this.#calls]) call.fail(closedError())
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    if (this.#calls.size > 0) {
      await new Promise<void>(resolve => {
        this.#onIdle = resolve
      })
    }
    this.#remote.close()
    // The last call is reported before the end.
    await new Promise(resolve => setImmediate(resolve))
    this.calls$.complete()
    this.#onClosed()
  }
}

/** The host of one call. */
class RemoteTarget implements CallTarget {
  readonly id = undefined
  readonly hasServed = true
  served: ServedCallRecord | undefined
  readonly #remote: RemoteFunction
  readonly #spec: ResolvedSpec
  readonly #onOver: () => void
  #stdout: LogRouter | undefined
  #stderr: LogRouter | undefined

  constructor(remote: RemoteFunction, spec: ResolvedSpec, onOver: () => void) {
    this.#remote = remote
    this.#spec = spec
    this.#onOver = onOver
  }

  direct(stdout: Writable | undefined, stderr: Writable | undefined): void {
    const { task } = this.#spec
    this.#stdout = routerOf(stdout ?? task.stdout)
    this.#stderr = routerOf(stderr ?? task.stderr)
  }

  exchange({ callId: id, deadline, headers, body }: Outgoing): CallExchange {
    const call = this.#remote.call({
      id,
      timeout: deadline - Date.now(),
      headers: headers as ResolvedRequest['headers'],
      body: typeof body === 'string' || isUint8Array(body) || body === undefined ? body : toChunks(body),
      stdout: sinkOf(this.#stdout),
      stderr: sinkOf(this.#stderr),
    })
    void call.over.then(served => {
      this.served = served
      this.#stdout?.destroy()
      this.#stderr?.destroy()
      this.#onOver()
    })
    return { response: responseOf(call), isUnseen: false, abort: error => call.abort(error) }
  }
}

async function responseOf(call: RemoteCall): Promise<Response> {
  try {
    const { status, headers, body } = await call.response
    return new Response(hasNoBody(status) ? null : body, {
      status,
      headers: headers.map(([name, value]) => [name, value]),
    })
  } catch (error) {
    throw toCookietinError(error, 'ERR_COOKIETIN_RESPONSE_INVALID', 'The response of another host cannot be read')
  }
}

const routerOf = (target: Writable | undefined) => (target === undefined ? undefined : new LogRouter(target))

const sinkOf = (router: LogRouter | undefined): OutputSink | undefined =>
  router && {
    write: chunk => (router.write(chunk) ? undefined : new Promise<void>(resolve => router.once('drain', resolve))),
  }
