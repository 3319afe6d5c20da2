import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/** A fake engine whose containers live: created, started, paused, killed and removed by the calls of the API. */
export interface FakeContainerEngine extends AsyncDisposable {
  readonly socketPath: string
  /** The names of its containers, in any state. */
  readonly containers: readonly string[]
  /** How many create calls are being carried out. */
  readonly creations: number
}

/** Every container writes this and exits with the code of its environment's variable EXIT after {@link life} ms. */
const fakeOutput = 'hi\n'
const life = 1_000

/** Starts a fake engine. Each container is made `creation` ms after its create call, which takes its name at once. */
export async function startFakeContainerEngine({ creation = 0 } = {}): Promise<FakeContainerEngine> {
  const folder = await mkdtemp('/tmp/ct-')
  const containers = new Map<string, FakeContainer>()
  const creations: Creations = { names: new Set(), takes: creation }
  const server = createServer(
    (request, response) => void answer(containers, creations, request, response).catch(() => {}),
  )
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {}).on('end', () => socket.end())
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
    const container = find(containers, request.url ?? '')
    if (container === undefined) socket.end()
    else container.attached.add(socket)
  })
  server.listen(`${folder}/s`)
  await once(server, 'listening')
  return {
    socketPath: `${folder}/s`,
    get containers() {
      return [...containers.values()].map(({ name }) => name)
    },
    get creations() {
      return creations.names.size
    },
    async [Symbol.asyncDispose]() {
      for (const container of containers.values()) container.end(137)
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

class FakeContainer {
  readonly id = randomBytes(32).toString('hex')
  readonly name: string
  readonly labels: Record<string, string>
  readonly attached = new Set<Socket>()
  readonly waiting = new Set<ServerResponse>()
  readonly #exitCode: number
  readonly #isEndless: boolean
  startedAt = '0001-01-01T00:00:00Z'
  finishedAt = '0001-01-01T00:00:00Z'
  status: 'created' | 'running' | 'paused' | 'exited' = 'created'
  exitCode = 0
  #timer: NodeJS.Timeout | undefined

  constructor(name: string, { Labels = {}, Env = [] }: { Labels?: Record<string, string>; Env?: string[] }) {
    this.name = name
    this.labels = Labels
    const exit = Env.find(entry => entry.startsWith('EXIT='))?.slice('EXIT='.length)
    this.#isEndless = exit === undefined
    this.#exitCode = Number(exit)
  }

  start(): void {
    this.status = 'running'
    this.startedAt = new Date().toISOString()
    for (const socket of this.attached) socket.write(frame(fakeOutput))
    if (!this.#isEndless) this.#live()
  }

  pause(): void {
    this.status = 'paused'
    clearTimeout(this.#timer)
  }

  unpause(): void {
    this.status = 'running'
    if (!this.#isEndless) this.#live()
  }

  #live(): void {
    this.#timer = setTimeout(() => this.end(this.#exitCode), life)
  }

  end(code: number): void {
    clearTimeout(this.#timer)
    this.status = 'exited'
    this.exitCode = code
    this.finishedAt = new Date().toISOString()
    for (const socket of this.attached) socket.end()
    for (const response of this.waiting) response.end(JSON.stringify({ StatusCode: code }))
    this.waiting.clear()
  }

  get json(): object {
    const { status, exitCode, startedAt, finishedAt, labels } = this
    const State = {
      Status: status,
      Running: status === 'running' || status === 'paused',
      Paused: status === 'paused',
      OOMKilled: false,
      Error: '',
      ExitCode: exitCode,
      StartedAt: startedAt,
      FinishedAt: finishedAt,
    }
    return { Id: this.id, Name: `/${this.name}`, State, RestartCount: 0, Config: { Labels: labels } }
  }
}

function find(containers: Map<string, FakeContainer>, url: string): FakeContainer | undefined {
  const [, idOrName = ''] = /\/containers\/([^/?]+)/.exec(url) ?? []
  return containers.get(idOrName) ?? [...containers.values()].find(({ name }) => name === idOrName)
}

/** A chunk of standard output, as the engine frames it. */
function frame(output: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = 1
  header.writeUInt32BE(output.length, 4)
  return Buffer.concat([header, Buffer.from(output)])
}

/** The create calls that are being carried out. */
interface Creations {
  readonly names: Set<string>
  /** ms. */
  readonly takes: number
}

async function answer(
  containers: Map<string, FakeContainer>,
  creations: Creations,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = (request.url ?? '').replace(/^\/v[\d.]+/, '')
  const body = await text(request)
  const given =
    general(url) ?? (await created(containers, creations, url, body)) ?? act(containers, find(containers, url), request)
  if (given === 'stream') {
    response.writeHead(200).flushHeaders()
    if (url.includes('/wait')) find(containers, url)?.waiting.add(response)
    return
  }
  const [status, json] = given
  response.statusCode = status
  response.end(json === undefined ? undefined : JSON.stringify(json))
}

type Answer = readonly [status: number, json?: object] | 'stream'

function general(url: string): Answer | undefined {
  if (url === '/_ping') return [200, {}]
  if (url === '/version') return [200, { Version: '25.0.1', ApiVersion: '1.44', MinAPIVersion: '1.24' }]
  if (url === '/info') return [200, { CgroupVersion: '2', OSType: 'linux' }]
  if (url.startsWith('/containers/json')) return [200, []]
  if (url.startsWith('/events')) return 'stream'
  return url.startsWith('/images/') ? [200, { Id: `sha256:${'a'.repeat(64)}`, Config: {} }] : undefined
}

async function created(
  containers: Map<string, FakeContainer>,
  { names, takes }: Creations,
  url: string,
  body: string,
): Promise<Answer | undefined> {
  if (!url.startsWith('/containers/create')) return undefined
  const name = new URLSearchParams(url.split('?')[1]).get('name') ?? ''
  const isTaken = names.has(name) || find(containers, `/containers/${name}`) !== undefined
  if (isTaken) return [409, { message: `${name} already in use` }]
  names.add(name)
  if (takes > 0) await sleep(takes)
  names.delete(name)
  const made = new FakeContainer(name, JSON.parse(body) as object)
  containers.set(made.id, made)
  return [201, { Id: made.id, Warnings: [] }]
}

function act(
  containers: Map<string, FakeContainer>,
  container: FakeContainer | undefined,
  { method, url = '' }: IncomingMessage,
): Answer {
  if (container === undefined) return [404, { message: 'No such container' }]
  const { status } = container
  const isAlive = status === 'running' || status === 'paused'
  const action = /\/containers\/[^/?]+\/(\w+)/.exec(url)?.[1] ?? method
  if (action === 'json') return [200, container.json]
  if (action === 'wait') return status === 'exited' ? [200, { StatusCode: container.exitCode }] : 'stream'
  if (action === 'start') {
    if (isAlive) return [304]
    container.start()
  } else if (action === 'pause') {
    if (status !== 'running') return [409, { message: `Container is ${status}, cannot pause` }]
    container.pause()
  } else if (action === 'unpause') {
    if (status !== 'paused') return [500, { message: 'Container is not paused' }]
    container.unpause()
  } else if (action === 'kill') {
    if (!isAlive) return [409, { message: 'Container is not running' }]
    container.end(137)
  } else if (action === 'DELETE') {
    container.end(container.exitCode)
    containers.delete(container.id)
  } else return 'stream'
  return [204]
}
