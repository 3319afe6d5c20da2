import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { engineSocket } from './request.ts'

/** A fault of a request. */
export type Fault =
  /** The connection is cut before the engine sees the request. */
  | 'cutBefore'
  /** The engine acts on the request, then the connection is cut instead of the reply. */
  | 'cutAfter'
  /** The engine never sees the request, and no reply comes. */
  | 'hang'
  /** The reply is not HTTP; the engine never sees the request. */
  | 'garbage'
  /** The reply is a 200 that is not JSON; the engine never sees the request. */
  | 'html'
  /** The reply is an error as of the engine, which never sees the request. */
  | 'error500'
  /** The connection is cut after the reply's headers. */
  | 'cutBody'
  /** The reply is a redirect to another host. */
  | 'redirect'

/** Chooses the fault of a request by its method and path (without the API version). Undefined: no fault. */
export type FaultPlan = (method: string, path: string) => Fault | undefined

/** A proxy of the engine at a unix socket, with scripted faults. */
export interface EngineProxy extends AsyncDisposable {
  readonly socketPath: string
  /** Every received request line, without the API version. */
  readonly requests: readonly string[]
  /** The number of open connections whose last request matches. */
  open(request: RegExp): number
  /** Sets the faults from now on. */
  plan: FaultPlan
  /** Changes the head of each request. */
  rewrite: (head: string) => string
  /** Changes each part of a reply. Undefined leaves it as it is. */
  answer: ((request: string, part: Buffer) => Buffer) | undefined
  /** Returns a promise for a request that the engine must not see before. */
  hold: (request: string) => Promise<void> | undefined
  /** Cuts every connection, or those whose last request matches. */
  killAll(request?: RegExp): void
  /** Refuses connections (true), as an engine that is gone, or accepts them again. `keep`: the open ones stay. */
  refuse(refused: boolean, options?: { readonly keep?: boolean }): Promise<void>
  /** Stops all traffic of all connections (true), as an engine that hangs, or continues it. */
  freeze(frozen: boolean): void
}

/** Starts a proxy without faults. */
export async function startProxy(): Promise<EngineProxy> {
  const folder = await mkdtemp('/tmp/ct-')
  const socketPath = `${folder}/s`
  const pairs = new Set<Pair>()
  const requests: string[] = []
  let frozen = false
  const listen = async () => {
    const server = createServer({ allowHalfOpen: true }, client => {
      const pair = new Pair(client, requests, proxy)
      pairs.add(pair)
      if (frozen) pair.freeze(true)
      pair.closed.then(() => pairs.delete(pair))
    })
    server.listen(socketPath)
    await once(server, 'listening')
    return server
  }
  let server: Awaited<ReturnType<typeof listen>> | undefined = await listen()
  const killAll = (request = /^/) => {
    for (const pair of pairs) if (request.test(pair.last)) pair.destroy()
  }
  const proxy: EngineProxy = {
    socketPath,
    requests,
    open: request => [...pairs].filter(({ last }) => request.test(last)).length,
    plan: () => undefined,
    rewrite: head => head,
    answer: undefined,
    hold: () => undefined,
    killAll,
    async refuse(refused, { keep = false } = {}) {
      if (refused === (server === undefined)) return
      if (refused) {
        server?.close()
        server = undefined
        if (!keep) killAll()
      } else server = await listen()
    },
    freeze(on) {
      frozen = on
      for (const pair of pairs) pair.freeze(on)
    },
    async [Symbol.asyncDispose]() {
      server?.close()
      killAll()
      await rm(folder, { recursive: true })
    },
  }
  return proxy
}

/** A connection of a client with its connection to the engine. */
class Pair {
  readonly closed: Promise<unknown>
  /** The last request, as in `requests`. */
  last = ''
  readonly #client: Socket
  readonly #engine: Socket
  #fault: Fault | undefined

  constructor(client: Socket, requests: string[], proxy: Pick<EngineProxy, 'plan' | 'rewrite' | 'answer' | 'hold'>) {
    this.#client = client
    this.#engine = connect({ path: engineSocket(), allowHalfOpen: true })
    this.closed = once(client, 'close').catch(() => {})
    client.on('error', () => this.destroy())
    this.#engine.on('error', () => this.destroy())
    client.on('data', chunk => {
      // Clients send the head of a request in one piece, and do not pipeline.
      const [, method, path] = /^(GET|HEAD|POST|DELETE) (?:\/v[\d.]+)?(\S+) HTTP/.exec(chunk.toString('latin1')) ?? []
      if (method !== undefined && path !== undefined) {
        this.last = `${method} ${path}`
        requests.push(this.last)
        this.#fault = proxy.plan(method, path)
        if (this.#fault !== undefined && this.#misbehave(this.#fault)) return
        const head = Buffer.from(proxy.rewrite(chunk.toString('latin1')), 'latin1')
        const held = proxy.hold(this.last)
        if (held === undefined) this.#engine.write(head)
        else void held.then(() => this.#engine.destroyed || this.#engine.write(head))
      } else if (this.#fault !== 'hang') this.#engine.write(chunk)
    })
    this.#engine.on('data', chunk => {
      if (this.#fault === 'cutAfter') return this.destroy()
      if (this.#fault === 'cutBody') {
        const end = chunk.indexOf('\r\n\r\n')
        client.write(chunk.subarray(0, end + 4), () => this.destroy())
        return
      }
      client.write(proxy.answer === undefined ? chunk : proxy.answer(this.last, chunk))
    })
    client.on('end', () => this.#engine.end())
    this.#engine.on('end', () => client.end())
    client.on('close', () => this.#engine.destroy())
    this.#engine.on('close', () => client.destroySoon())
  }

  destroy(): void {
    this.#client.destroy()
    this.#engine.destroy()
  }

  freeze(on: boolean): void {
    for (const socket of [this.#client, this.#engine]) on ? socket.pause() : socket.resume()
  }

  /** True if the engine must not see the request. */
  #misbehave(fault: Fault): boolean {
    const answers: Partial<Record<Fault, string>> = {
      garbage: 'what is this?\r\n\r\n',
      html: 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>',
      error500: 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 28\r\n\r\n{"message":"out of cookies"}',
      redirect: 'HTTP/1.1 301 Moved\r\nLocation: http://nowhere.invalid/\r\nContent-Length: 0\r\n\r\n',
    }
    if (fault === 'cutBefore') this.destroy()
    const answer = answers[fault]
    if (answer !== undefined) this.#client.end(answer)
    return fault === 'cutBefore' || fault === 'hang' || answer !== undefined
  }
}
