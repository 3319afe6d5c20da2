import { setTimeout as after } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type ContainerTask,
  createDockerDriver,
  createExecutor,
  type Execution,
  type RunResult,
} from '../../../src/index.ts'
import { startProxy } from '../../support/engine/proxy.ts'
import { containersWith } from '../../support/engine/request.ts'
import { ensureTestImage } from '../../support/images/images.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'
import { parameters } from '../../support/models/seed.ts'
import { shell, until } from '../setup.ts'
import { spareShell } from './setup.ts'

checkLeaks()

/** How many runs there are. 1,000 take about four minutes on two cores. */
const count = Number(process.env.COOKIETIN_TEST_MIXED ?? 40)
const limits = { memory: '32m', pids: 32, profile: 'hardened' } as const

interface Kind {
  readonly task: Partial<ContainerTask> & { readonly script?: string }
  /** What is done to the run. */
  readonly act?: (run: Execution) => Promise<void>
  readonly check: (result: RunResult) => unknown
}

const ended = ({ status, exitCode, stdout }: RunResult) => [status, exitCode, String(stdout)]

const kinds: Readonly<Record<string, (seed: number) => Kind>> = {
  plain: seed => ({
    task: { script: `echo ${seed}; exit ${seed % 100}` },
    check: result => expect(ended(result)).toEqual([seed % 100 === 0 ? 'success' : 'error', seed % 100, `${seed}\n`]),
  }),
  input: seed => ({
    task: { script: 'wc -c', input: 'x'.repeat(seed % 300_000) },
    check: result => expect(ended(result)).toEqual(['success', 0, `${seed % 300_000}\n`]),
  }),
  timeout: () => ({
    task: { script: 'sleep 60', timeout: 100 },
    check: ({ status }) => expect(status).toBe('timeout'),
  }),
  cancel: seed => ({
    task: { script: 'sleep 60' },
    act: async run => {
      if (seed % 3 > 0) await after(seed % 100)
      run.cancel()
    },
    check: ({ status }) => expect(status).toBe('cancelled'),
  }),
  memory: () => ({
    task: { script: 'tail -c 100000000 /dev/zero; exit 1' },
    check: ({ status, exitCode, oomKilled }) =>
      expect(oomKilled ? 'oom' : [status, exitCode].join(' ')).toMatch(/^oom$|^error 1$|^killed 137$/),
  }),
  freeze: seed => ({
    task: { script: `sleep 0.1; echo ${seed}` },
    act: async run => {
      await until(run, 'running')
      // It may have ended meanwhile.
      await run
        .freeze()
        .then(() => run.unfreeze())
        .catch(() => {})
    },
    check: result => expect(ended(result)).toEqual(['success', 0, `${seed}\n`]),
  }),
  signal: () => ({
    task: { script: "trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done", stopGrace: 10_000 },
    act: async run => {
      for await (const _ of run.stdout) break
      run.cancel()
    },
    check: ({ status, exitCode }) => expect([status, exitCode]).toEqual(['cancelled', 9]),
  }),
  hostile: seed => ({
    task: { script: `kill -9 1; (sleep 9 & sleep 9 &) ; exec >&- 2>&-; exit ${(seed % 99) + 1}` },
    check: ({ exitCode }) => expect(exitCode).toBe((seed % 99) + 1),
  }),
  misfit: seed => ({
    task: { script: `echo ${seed}`, memory: '48m' },
    check: result => expect(ended(result)).toEqual(['success', 0, `${seed}\n`]),
  }),
}

test(`${count} runs of all kinds through spare containers end as they must, and leave nothing`, async () => {
  await ensureTestImage()
  const seeds = fc.sample(fc.tuple(fc.constantFrom(...Object.keys(kinds)), fc.nat(1_000_000)), {
    numRuns: count,
    seed: parameters.seed,
  })
  const driver = await createDockerDriver({ spares: [{ ...spareShell, ...limits, size: 4 }] })
  const events = new Map<string, number>()
  driver.driverTransitions$.subscribe(({ machine, event }) => {
    if (machine === 'adoption') events.set(event, (events.get(event) ?? 0) + 1)
  })
  const executor = createExecutor({ driver, concurrency: 5 })
  const wrong: string[] = []
  await Promise.all(
    seeds.map(async ([name, seed]) => {
      const kind = kinds[name]?.(seed)
      if (kind === undefined) return
      const { script = '', ...task } = kind.task
      const run = executor.run(shell(script, { ...limits, ...task }))
      const acted = kind.act?.(run)
      try {
        const result = await run
        await acted
        kind.check(result)
      } catch (error) {
        wrong.push(`${name} ${seed}: ${error}`)
      }
    }),
  )
  await executor.close()
  const { instance } = (driver as unknown as { engine: { instance: string } }).engine
  await driver.close()
  expect(wrong).toEqual([])
  expect(await containersWith(`cookietin.instance=${instance}`)).toEqual([])
  expect(events.get('adopt')).toBeGreaterThan(count / 20)
}, 600_000)

test('runs in spare containers while connections to the engine are cut end, or tell that the engine was lost', async () => {
  await ensureTestImage()
  await using proxy = await startProxy()
  const driver = await createDockerDriver({
    docker: `unix://${proxy.socketPath}`,
    spares: [{ ...spareShell, ...limits, size: 3 }],
    reconnectTimeout: 5_000,
    engineTimeout: 5_000,
  })
  const executor = createExecutor({ driver, concurrency: 4 })
  const seen: string[] = []
  const runs = Array.from({ length: 24 }, async (_, at) => {
    const result = await executor
      .run(shell(`echo ${at}; sleep 0.05; exit 3`, limits))
      .catch((error: { code: string }) => error)
    if ('code' in result) seen.push(result.code)
    // Output that was lost is told as such, and is a part of the whole.
    else if (result.stdoutTruncated) expect(`${at}\n`.startsWith(String(result.stdout))).toBe(true)
    else expect(ended(result)).toEqual(['error', 3, `${at}\n`])
    if (at % 6 === 5) proxy.killAll()
  })
  await Promise.all(runs)
  expect(seen.filter(code => !/ENGINE_LOST|UNREACHABLE|START_FAILED/.test(code))).toEqual([])
  await executor.close()
  const { instance } = (driver as unknown as { engine: { instance: string } }).engine
  await driver.close()
  expect(await containersWith(`cookietin.instance=${instance}`)).toEqual([])
}, 120_000)
