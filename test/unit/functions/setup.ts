import { createServer, type RequestListener } from 'node:http'
import { createServer as createRawServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { createMockDriver, type MockRun } from '../../../src/driver/testing.ts'
import { ExecutorFunctionHost } from '../../../src/executor/function-host.ts'
import { Scheduler } from '../../../src/executor/queue/scheduler.ts'
import { PooledFunction } from '../../../src/functions/pooled-function.ts'
import { type FunctionSpec, resolveSpec } from '../../../src/functions/spec.ts'
import type { ContainerTask, ExecutorObserver, RunRecorder, Transition } from '../../../src/index.ts'
import { deferred } from '../../../src/utils/deferred.ts'

/** What a function does: answers requests, or has the connection to itself. */
export interface Behaviour {
  readonly answer?: RequestListener
  readonly connected?: (socket: Socket) => void
  /** False: its container never listens. */
  readonly listens?: boolean
  /** Its container listens no sooner. */
  readonly ready?: Promise<void>
  /** What its engine does. */
  readonly run?: MockRun
}

interface SetupOptions {
  readonly concurrency?: number
  readonly memory?: number
  readonly observer?: ExecutorObserver
  /** Records its calls. */
  readonly recorder?: RunRecorder
}

/** Functions whose containers are of the mock engine, and whose sockets are of this process: all but the containers is as it is. */
export function setup({ concurrency = 8, memory = Number.POSITIVE_INFINITY, observer, recorder }: SetupOptions = {}) {
  const behaviours = new Map<string, Behaviour>()
  const containers: MockedContainer[] = []
  const byId = new Map<string, MockedContainer>()
  const driver = createMockDriver(task => {
    const behaviour = behaviours.get(task.image) ?? {}
    const container = new MockedContainer(task.image)
    containers.push(container)
    byId.set(task.id, container)
    return {
      stdout: container.untilExit(),
      onStart: ({ udsPath = '' }) => container.start(behaviour, udsPath),
      ...behaviour.run,
    }
  })
  const scheduler = new Scheduler(concurrency, { memory, cpus: Number.POSITIVE_INFINITY })
  const onTransition = ({ id, to }: Transition) => {
    if (to === 'done') byId.get(id)?.exited.resolve()
    if (to === 'closed') byId.get(id)?.end()
  }
  const host = new ExecutorFunctionHost(driver, scheduler, undefined, onTransition, {}, observer, recorder?.called)
  const functions: PooledFunction[] = []
  const make = (behaviour: Behaviour = {}, spec: Partial<FunctionSpec> = {}) => {
    const image = `function-${behaviours.size}`
    behaviours.set(image, behaviour)
    const made = new PooledFunction(host, resolveSpec({ image, freezeAfter: Infinity, ...spec }, concurrency), () => {})
    functions.push(made)
    return made
  }
  onTestFinished(async () => {
    await Promise.allSettled(functions.map(fn => fn.close({ force: true })))
    await driver.close().catch(() => {})
    for (const container of containers) container.end()
    await host.folders.close()
  })
  return { make, host, scheduler, driver, containers }
}

/** A container that is a socket of this process. */
class MockedContainer {
  readonly image: ContainerTask['image']
  /** Where its socket is. */
  folder = ''
  readonly sockets = new Set<Socket>()
  #server: Server | undefined
  readonly exited = deferred<void>()
  #exit = () => {}

  constructor(image: string) {
    this.image = image
  }

  async start({ answer = ok, connected, listens = true, ready }: Behaviour, folder: string): Promise<void> {
    this.folder = folder
    if (!listens) return
    await ready
    this.#server = connected === undefined ? createServer(answer) : createRawServer(connected)
    this.#server.on('connection', (socket: Socket) => {
      this.sockets.add(socket)
      socket.on('error', () => {}).on('close', () => this.sockets.delete(socket))
    })
    this.#server.listen(`${folder}/lsnr.sock`)
  }

  get isListening(): boolean {
    return this.#server?.listening ?? false
  }

  /** Its main process ends, as its engine tells; its connections are left as they are. */
  async exit(): Promise<void> {
    this.#exit()
    await this.exited.promise
    await new Promise(resolve => setImmediate(resolve))
  }

  end(): void {
    this.#server?.close()
    for (const socket of this.sockets) socket.destroy()
  }

  /** The output of a container that lives until it is told to exit. */
  async *untilExit(): AsyncGenerator<string> {
    await new Promise<void>(resolve => {
      this.#exit = resolve
    })
  }
}

const ok: RequestListener = (_request, response) => void response.end('ok')
