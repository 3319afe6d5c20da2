import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect } from 'vitest'
import {
  type ContainerTask,
  CookietinError,
  createDockerDriver,
  createExecutor,
  type Execution,
  type Executor,
} from '../../../src/index.ts'
import { parameters } from '../models/seed.ts'
import { type EngineProxy, type Fault, startProxy } from './proxy.ts'

/** The calls of a run, by their requests. */
const engineCalls = {
  version: /^GET \/version/,
  list: /^GET \/containers\/json/,
  image: /^GET \/images\//,
  create: /^POST \/containers\/create/,
  wait: /^POST \/containers\/\w+\/wait/,
  attach: /^POST \/containers\/\w+\/attach/,
  start: /^POST \/containers\/\w+\/start/,
  stats: /^GET \/containers\/\w+\/stats/,
  pause: /^POST \/containers\/\w+\/pause/,
  unpause: /^POST \/containers\/\w+\/unpause/,
  kill: /^POST \/containers\/\w+\/kill/,
  inspect: /^GET \/containers\/\w+\/json/,
  remove: /^DELETE \/containers\//,
}

export type EngineCall = keyof typeof engineCalls

export const allEngineCalls = Object.keys(engineCalls) as EngineCall[]

/** Every fault of the proxy. */
const faults: readonly Fault[] = [
  ...(['absent', 'cutBefore', 'cutAfter', 'cutHeaders', 'cutBody', 'hang', 'garbage', 'html', 'redirect'] as const),
  ...(['error500', 'error500Html', 'error502', 'cutJson', 'lateReply', 'lateRequest'] as const),
]

/** A fault is in the first call of its kind, or in all of them. */
export type Extent = 'once' | 'always'

/** Where a table is tried. */
export interface FaultTarget {
  /** The engine's socket. */
  readonly socketPath: string
  /** How long the engine may take to start a container, in ms. */
  readonly startTimeout: number
  /** Writes `hi`, and exits with the code a moment later; without a code it runs until it is killed. */
  task(exitCode: number | undefined): ContainerTask
  /** The names of the containers of a driver, in any state. */
  containers(instance: string): Promise<readonly string[]>
}

const limits = { engineTimeout: 1_500, reconnectTimeout: 2_000, outputTimeout: 500 }

/** A bound for every promise of a cell, in ms: several times the sum of the limits, since the machine may be busy. */
const bound = 30_000

/** How a table is tried. */
export interface TableOptions {
  readonly extent: Extent
  readonly atOnce: number
  /** How many of the cells are tried, chosen by the seed. All without it. */
  readonly sample?: number | undefined
}

/** Tries the cells of some calls, so many at a time. Returns those that went wrong, with the reason. */
export async function tryTable(
  target: FaultTarget,
  calls: readonly EngineCall[],
  { extent, atOnce, sample }: TableOptions,
): Promise<string[]> {
  const all = calls.flatMap(call => faults.map(fault => [call, fault] as const))
  const chosen = fc.shuffledSubarray(all, { minLength: sample ?? all.length, maxLength: sample ?? all.length })
  const [cells = []] = fc.sample(chosen, { seed: parameters.seed, numRuns: 1 })
  const wrong: string[] = []
  const lane = async () => {
    for (let cell = cells.shift(); cell !== undefined; cell = cells.shift()) {
      const [call, fault] = cell
      await tryCell(target, { call, fault, extent }).catch((error: Error) => {
        wrong.push(`${call}, ${fault}, ${extent}: ${error.message.split('\n')[0]}`)
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return wrong
}

interface Cell {
  readonly call: EngineCall
  readonly fault: Fault
  readonly extent: Extent
}

/**
 * Tries one cell: a run while a call has a fault. Its outcome is one that a correct run may have, in time; the next run succeeds once the
 * engine is well; and nothing is left.
 */
async function tryCell(target: FaultTarget, { call, fault, extent }: Cell): Promise<void> {
  await using proxy = await startProxy(target.socketPath)
  let seen = 0
  const plan = (method: string, path: string) => {
    const isHit = engineCalls[call].test(`${method} ${path}`) && (seen++ === 0 || extent === 'always')
    return isHit ? fault : undefined
  }
  if (call === 'version' || call === 'list') proxy.plan = plan
  const driver = await opened(proxy, { call, startTimeout: target.startTimeout })
  if (driver === undefined) return
  const executor = createExecutor({ driver, concurrency: 1 })
  try {
    proxy.plan = plan
    await settled(runWith(executor, target, call), 'the run')
    await settled(executor.onIdle(), 'the removal')
    if (call !== 'list') expect(seen, 'faults').toBeGreaterThan(0)
    proxy.plan = () => undefined
    await proxy.refuse(false)
    const { status } = await settled(Promise.resolve(executor.run(target.task(0))), 'the next run')
    expect(status).toBe('success')
    const { instance } = (driver as unknown as { engine: { instance: string } }).engine
    await expect.poll(() => target.containers(instance), { timeout: bound }).toEqual([])
  } finally {
    proxy.plan = () => undefined
    await settled(executor.close({ force: true }).catch(onlyNotCleaned), 'the close of the executor')
    await settled(driver.close().catch(onlyNotCleaned), 'the close of the driver')
  }
}

/** A driver through the proxy; undefined when the fault, in a call of its opening, made it fail. */
async function opened(proxy: EngineProxy, { call, startTimeout }: { call: EngineCall; startTimeout: number }) {
  try {
    const config = { docker: `unix://${proxy.socketPath}`, startTimeout, freezer: 'engine', ...limits } as const
    return await settled(createDockerDriver(config), 'the driver')
  } catch (error) {
    expect(error, String(error)).toBeInstanceOf(CookietinError)
    expect(call, String(error)).toBe('version')
    return undefined
  }
}

async function runWith(executor: Executor, target: FaultTarget, call: EngineCall): Promise<void> {
  const isKilled = call === 'kill'
  const execution = executor.run({ ...target.task(isKilled ? undefined : 3), ...(call === 'stats' && { onStat() {} }) })
  const steps = isKilled ? cancelWhenRunning(execution) : freezeWhenRunning(execution, call)
  const outcome = await execution.then(
    ({ status, exitCode, stdout, stdoutTruncated }) => {
      expect(stdoutTruncated || isKilled || stdout === 'hi\n', `stdout ${String(stdout)} is told as whole`).toBe(true)
      return status === 'error' ? `exit ${exitCode}` : status
    },
    (error: unknown) => {
      expect(error, String(error)).toBeInstanceOf(CookietinError)
      return 'rejected'
    },
  )
  await steps
  const right = isKilled ? ['cancelled', 'rejected'] : ['exit 3', 'rejected']
  // It is cancelled where it stays frozen.
  if (call === 'unpause' || call === 'pause') right.push('cancelled')
  expect(right).toContain(outcome)
}

async function cancelWhenRunning(execution: Execution): Promise<void> {
  await untilRunning(execution)
  execution.cancel()
}

async function freezeWhenRunning(execution: Execution, call: EngineCall): Promise<void> {
  if (call !== 'pause' && call !== 'unpause') return
  await untilRunning(execution)
  for (const step of ['freeze', 'unfreeze'] as const) {
    await settled(execution[step](), step).catch(error => expect(error).toBeInstanceOf(CookietinError))
  }
  if (execution.state !== 'running') execution.cancel()
}

/** Resolves also when the run has ended before. */
function untilRunning(execution: Execution): Promise<void> {
  return new Promise(resolve => {
    execution.state$.subscribe({ next: state => state === 'running' && resolve(), complete: resolve })
  })
}

function onlyNotCleaned(error: unknown): void {
  expect(error).toMatchObject({ code: 'ERR_COOKIETIN_NOT_CLEANED' })
}

async function settled<T>(promise: Promise<T>, what: string): Promise<T> {
  const abort = new AbortController()
  const late = sleep(bound, undefined, { signal: abort.signal }).then(
    () => {
      throw new Error(`${what} did not settle within ${bound} ms`)
    },
    () => new Promise<never>(() => {}),
  )
  try {
    return await Promise.race([promise, late])
  } finally {
    abort.abort()
  }
}
