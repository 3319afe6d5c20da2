import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import Docker from 'dockerode'
import { expect, onTestFinished, test } from 'vitest'
import { createClusterDriver } from '../../../src/cluster/index.ts'
import { createExecutor } from '../../../src/index.ts'
import { mayStartEngine, type PrivateEngine, startPrivateEngine } from '../../support/engine/private.ts'
import { ensureTestImage } from '../../support/images/images.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { shell, until } from '../setup.ts'

const script = fileURLToPath(new URL('../../support/children/worker.ts', import.meta.url))

/** A host: an engine in a network namespace of its own, and a worker. */
class Host {
  readonly name: string
  readonly #engine: PrivateEngine
  readonly #redis: string
  #worker: ChildProcess | undefined

  private constructor(name: string, engine: PrivateEngine, redis: string) {
    this.name = name
    this.#engine = engine
    this.#redis = redis
  }

  static async start(name: string, redis: string): Promise<Host> {
    const engine = await startPrivateEngine()
    onTestFinished(() => engine.stop())
    const usual = process.env.DOCKER_HOST
    process.env.DOCKER_HOST = engine.host
    await ensureTestImage().finally(() => {
      process.env.DOCKER_HOST = usual
    })
    const host = new Host(name, engine, redis)
    onTestFinished(() => host.end('SIGKILL'))
    await host.work()
    return host
  }

  /** Starts its worker. */
  async work(): Promise<void> {
    const child = spawn(process.execPath, [script, this.#redis, this.name, 'docker', '2000'], {
      env: { ...process.env, DOCKER_HOST: this.#engine.host },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#worker = child
    await once(child.stdout, 'data')
  }

  /** Ends its worker by a signal. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    if (worker === undefined || worker.exitCode !== null || worker.signalCode !== null) return
    const ended = once(worker, 'exit')
    worker.kill(signal)
    await ended
  }

  async containers(): Promise<string[]> {
    const docker = new Docker({ socketPath: this.#engine.host.replace('unix://', '') })
    return (await docker.listContainers({ all: true })).flatMap(({ Names }) => Names)
  }
}

test.runIf(mayStartEngine())(
  'three hosts, each with an engine of its own, share the runs; those of a killed worker run elsewhere, and its containers are reaped',
  async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    // One after the other: the image is made on the engine that a variable of this process names.
    const hosts: Host[] = []
    for (const name of ['a', 'b', 'c']) hosts.push(await Host.start(name, redis.path))
    const driver = await createClusterDriver({ connection: redis.path, lease: 2_000, onHostLoss: 'rerun' })
    const executor = createExecutor({ driver, concurrency: 12 })
    onTestFinished(async () => {
      await executor.close({ force: true })
      await driver.close()
    })
    const results = await Promise.all(
      Array.from({ length: 24 }, (_, at) => executor.run(shell('cat; exit 3', { input: `${at}`, memory: '32m' }))),
    )
    expect(results.map(({ stdout, exitCode }) => [Number(stdout), exitCode])).toEqual(
      Array.from({ length: 24 }, (_, at) => [at, 3]),
    )
    await executor.onIdle()
    expect((await Promise.all(hosts.map(host => host.containers()))).flat()).toEqual([])

    const files = { '/in/a.txt': 'from here' }
    const copied = await executor.run(shell('cp /in/a.txt /out.txt', { files, artifacts: ['/out.txt'] }))
    const found = await Array.fromAsync(copied.artifacts, async ({ content }) =>
      Buffer.concat(await Array.fromAsync(content)).toString(),
    )
    expect(found).toEqual(['from here'])

    const [doomed, ...others] = hosts
    const runs = Array.from({ length: 6 }, () => executor.run(shell('sleep 4; echo done')))
    await Promise.all(runs.map(run => until(run, 'running')))
    await doomed?.end('SIGKILL')
    expect(await doomed?.containers()).not.toEqual([])
    const ended = await Promise.all(runs)
    expect(ended.map(({ stdout }) => stdout)).toEqual(Array(6).fill('done\n'))
    await doomed?.work()
    await expect.poll(() => doomed?.containers()).toEqual([])
    for (const host of others) await host.end('SIGTERM')
    expect((await Promise.all(others.map(host => host.containers()))).flat()).toEqual([])
  },
  240_000,
)
