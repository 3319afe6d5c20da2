import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import {
  type ClusterDriverOptions,
  createClusterDriver,
  startWorker,
  type WorkerOptions,
} from '../../src/cluster/index.ts'
import { createExecutor, createProcessDriver, type Execution } from '../../src/index.ts'
import { startRedis } from '../support/redis/redis.ts'

/** A cluster whose workers the test starts, on the processes of this machine. */
export async function setup(options: Partial<ClusterDriverOptions> = {}) {
  const redis = await startRedis()
  onTestFinished(() => redis[Symbol.asyncDispose]())
  const driver = await createClusterDriver({ connection: redis.path, ...options })
  const executor = createExecutor({ driver, concurrency: 8 })
  const lease = options.lease ?? 5_000
  const stops: (() => Promise<unknown>)[] = []
  onTestFinished(async () => {
    await executor.close({ force: true })
    await driver.close()
    for (const stop of stops) await stop()
  })
  const spawnChild = async (name: string, args: readonly string[]): Promise<ChildProcess> => {
    const script = fileURLToPath(new URL(`../support/children/${name}`, import.meta.url))
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
    stops.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGCONT')
      child.kill('SIGKILL')
      await ended
    })
    return child
  }
  return {
    redis,
    driver,
    executor,
    /** Starts a worker in this process. */
    async work(rest: Partial<WorkerOptions> = {}) {
      const local = await createProcessDriver()
      const worker = await startWorker({ connection: redis.path, driver: local, slots: 4, lease, ...rest })
      stops.push(async () => {
        await worker.close({ force: true })
        await local.close()
      })
      return worker
    },
    /** Starts a worker in a process of its own. */
    spawnWorker: (host: string, connection = redis.path) =>
      spawnChild('worker.ts', [connection, host, 'process', String(lease)]),
    /** Starts a worker in a process of its own, whose functions never answer. */
    spawnFunctionWorker: (host: string) => spawnChild('function-worker.ts', [redis.path, host, String(lease)]),
  }
}

/** A task of the process engine. */
export const sh = (script: string, rest: object = {}) => ({ image: 'any', command: ['sh', '-c', script], ...rest })

/** Resolves when the run reaches a state. */
export const until = (execution: Execution, state: string) =>
  new Promise<void>(resolve => {
    execution.state$.subscribe(seen => seen === state && resolve())
  })
