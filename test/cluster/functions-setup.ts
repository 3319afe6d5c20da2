import { createServer, type RequestListener, type Server } from 'node:http'
import { onTestFinished } from 'vitest'
import { type ClusterConnection, startWorker, type WorkerOptions } from '../../src/cluster/index.ts'
import { createMockDriver } from '../../src/driver/testing.ts'

/** A worker whose functions are served by this process, each container by a server of its own. */
export interface FunctionWorker {
  /** How many containers were started. */
  readonly started: number
  /** Calls that a container has got. */
  readonly calls: number
  close(options?: { readonly force?: boolean }): Promise<void>
}

/** Starts a worker whose functions answer by `answer`. */
export async function startFunctionWorker(
  connection: ClusterConnection,
  answer: RequestListener,
  options: Partial<WorkerOptions> = {},
): Promise<FunctionWorker> {
  const servers: Server[] = []
  const ends = new Map<string, () => void>()
  let [started, calls] = [0, 0]
  const driver = createMockDriver(({ id }) => ({
    stdout: (async function* () {
      await new Promise<void>(resolve => ends.set(id, resolve))
      yield* []
    })(),
    onStart: ({ udsPath = '', stdout }) => {
      started += 1
      const server = createServer((request, response) => {
        calls += 1
        stdout?.write(`log of ${request.headers['fn-call-id']}\n`)
        answer(request, response)
      })
      servers.push(server)
      server.listen(`${udsPath}/lsnr.sock`)
    },
  }))
  Object.assign(driver.engine, { socketSharing: { unavailable: undefined } })
  const worker = await startWorker({ connection, driver, slots: 4, ...options })
  const close = async (how?: { readonly force?: boolean }) => {
    await worker.close(how)
    await driver.close()
    for (const server of servers) server.close()
  }
  onTestFinished(() => close({ force: true }))
  return {
    get started() {
      return started
    },
    get calls() {
      return calls
    },
    close,
  }
}
