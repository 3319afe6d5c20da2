import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
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
  /** The reply is an error of a gateway, with a page. The engine never sees the request. */
  | 'error502'
  /** The reply is an error with a page. The engine never sees the request. */
  | 'error500Html'
  /** The connection is cut within the reply's headers. */
  | 'cutHeaders'
  /** The connection is cut after the reply's headers. */
  | 'cutBody'
  /** The reply is a whole response whose JSON is cut. The engine acts on the request. */
  | 'cutJson'
  /** The engine acts on the request. Its reply comes after {@link lateness} ms. */
  | 'lateReply'
  /** The engine sees the request after {@link lateness} ms. */
  | 'lateRequest'
  /** The connection is cut, and others are refused for {@link absence} ms. */
  | 'absent'
  /** The reply is a redirect to another host. */
  | 'redirect'

/** How late a late request or reply is, in ms. */
const lateness = 2_500

/** How long an absent engine refuses connections, in ms. */
const absence = 150

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

/** Starts a proxy without faults before an engine's socket. */
export async function startProxy(engine = engineSocket()): Promise<EngineProxy> {
  const folder = await mkdtemp('/tmp/ct-')
  const socketPath = `${folder}/s`
  const pairs = new Set<Pair>()
  const requests: string[] = []
  let frozen = false
  const listen = async () => {
    const server = createServer({ allowHalfOpen: true }, client => {
      const plan: FaultPlan = (method, path) => {
        const fault = proxy.plan(method, path)
        if (fault === 'absent') void leave()
        return fault
      }
      const pair = new Pair(client, connect({ path: engine, allowHalfOpen: true }), {
        requests,
        rewrite: head => proxy.rewrite(head),
        answer: (request, part) => proxy.answer?.(request, part) ?? part,
        hold: request => proxy.hold(request),
        plan,
      })
      pairs.add(pair)
      if (frozen) pair.freeze(true)
      pair.closed.then(() => pairs.delete(pair))
    })
    server.listen(socketPath)
    await once(server, 'listening')
    return server
  }
  const leave = async () => {
    await proxy.refuse(true)
    setTimeout(() => isOpen && void proxy.refuse(false), absence)
  }
  let isOpen = true
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
      isOpen = false
      server?.close()
      killAll()
      await rm(folder, { recursive: true })
    },
  }
  return proxy
}

const page = 'Content-Type: text/html\r\nContent-Length: 34\r\n\r\n<html><h1>Bad luck</h1></html>\r\n\r\n'
const cutJson = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"Id":"'

interface PairOptions extends Pick<EngineProxy, 'plan' | 'rewrite' | 'hold'> {
  readonly requests: string[]
  readonly answer: (request: string, part: Buffer) => Buffer
}

/** A connection of a client with its connection to the engine. */
class Pair {
  readonly closed: Promise<unknown>
  /** The last request, as in `requests`. */
  last = ''
  readonly #client: Socket
  readonly #engine: Socket
  #fault: Fault | undefined

  constructor(client: Socket, engine: Socket, { requests, plan, rewrite, answer, hold }: PairOptions) {
    this.#client = client
    this.#engine = engine
    this.closed = once(client, 'close').catch(() => {})
    client.on('error', () => this.destroy())
    this.#engine.on('error', () => this.destroy())
    client.on('data', chunk => {
      // Clients send the head of a request in one piece, and do not pipeline.
      const [, method, path] = /^(GET|HEAD|POST|DELETE) (?:\/v[\d.]+)?(\S+) HTTP/.exec(chunk.toString('latin1')) ?? []
      if (method !== undefined && path !== undefined) {
        this.last = `${method} ${path}`
        requests.push(this.last)
        this.#fault = plan(method, path)
        if (this.#fault !== undefined && this.#misbehave(this.#fault)) return
        const head = Buffer.from(rewrite(chunk.toString('latin1')), 'latin1')
        const held = this.#fault === 'lateRequest' ? sleep(lateness) : hold(this.last)
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
      if (this.#fault === 'cutHeaders') {
        client.write(chunk.subarray(0, 20), () => this.destroy())
        return
      }
      if (this.#fault === 'cutJson') {
        client.end(cutJson)
        return
      }
      const part = answer(this.last, chunk)
      if (this.#fault === 'lateReply') void sleep(lateness).then(() => client.writable && client.write(part))
      else client.write(part)
    })
    client.on('end', () => this.#engine.end())
    const last = () => (this.#fault === 'lateReply' ? sleep(lateness) : Promise.resolve())
    this.#engine.on('end', () => void last().then(() => client.end()))
    client.on('close', () => this.#engine.destroy())
    this.#engine.on('close', () => void last().then(() => client.destroySoon()))
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
      error502: `HTTP/1.1 502 Bad Gateway\r\n${page}`,
      error500Html: `HTTP/1.1 500 Internal Server Error\r\n${page}`,
      redirect: 'HTTP/1.1 301 Moved\r\nLocation: http://nowhere.invalid/\r\nContent-Length: 0\r\n\r\n',
    }
    const isCut = fault === 'cutBefore' || fault === 'absent'
    if (isCut) this.destroy()
    const answer = answers[fault]
    if (answer !== undefined) this.#client.end(answer)
    return isCut || fault === 'hang' || answer !== undefined
  }
}
