import { describe, expect, it, onTestFinished } from 'vitest'
import { createDockerDriver, rawSample, type Stat } from '../../../src/index.ts'
import { startProxy } from '../../support/engine/proxy.ts'
import { setup, shell, until } from '../setup.ts'

describe('the streams of samples', () => {
  it('are one for each container, however many subscribe, and closed at its end, while it is still there', async () => {
    const proxy = await proxyForTest()
    const { driver } = await setup({}, { docker: `unix://${proxy.socketPath}` })
    await using cookie = await driver.createCookie(shell('sleep 1.4'))
    const seen: Stat[][] = [[], [], []]
    let completed = 0
    for (const list of seen) cookie.stats$.subscribe({ next: stat => list.push(stat), complete: () => completed++ })
    const { wait } = await cookie.run()
    const { stats } = await wait()
    expect([completed, cookie.state]).toEqual([3, 'done'])
    expect(proxy.requests.filter(request => request.includes('/stats'))).toHaveLength(1)
    // Samples of a container that has ended would come at once, and once a second until the removal.
    expect(stats.length).toBeGreaterThanOrEqual(1)
    expect(seen).toEqual([stats, stats, stats])
    for (const stat of stats) expect(stat.timestamp).toBeGreaterThan(Date.UTC(2020))
    for (const { metrics } of stats) expect(metrics.mem_usage).toBeGreaterThan(0)
    await gone(() => proxy.open(/\/stats/))
    expect(cookie.state).toBe('done')
  })

  it('give the sample of the engine itself, too', async () => {
    const { executor } = await setup()
    const raw: unknown[] = []
    const execution = executor.run(shell('sleep 600'))
    execution.stats$.subscribe(stat => {
      raw.push(rawSample(stat))
      execution.cancel()
    })
    await execution
    expect(raw[0]).toMatchObject({ memory_stats: { usage: expect.any(Number) as number }, pids_stats: {} })
  })

  it('are fifty at once, all closed after', async () => {
    const proxy = await proxyForTest()
    const count = 50
    const { executor } = await setup({ concurrency: count }, { docker: `unix://${proxy.socketPath}` })
    const seen = new Map<string, Stat[]>()
    // All run until the last one has been sampled twice.
    const sampledTwice = new Set<string>()
    const executions = Array.from({ length: count }, () => {
      const execution = executor.run(shell('sleep 600'))
      const list: Stat[] = []
      seen.set(execution.id, list)
      return { execution, list }
    })
    await Promise.all(
      executions.map(
        ({ execution, list }) =>
          new Promise<void>(resolve => {
            execution.stats$.subscribe(stat => {
              list.push(stat)
              if (list.length === 2) sampledTwice.add(execution.id)
              if (list.length === 2) resolve()
            })
          }),
      ),
    )
    expect([sampledTwice.size, proxy.open(/\/stats/)]).toEqual([count, count])
    for (const { execution } of executions) execution.cancel()
    const results = await Promise.all(executions.map(({ execution }) => execution))
    await executor.onIdle()
    await gone(() => proxy.open(/\/stats/))
    expect(proxy.requests.filter(request => request.includes('/stats'))).toHaveLength(count)
    for (const { id, stats } of results) {
      expect(stats.map(({ timestamp }) => timestamp)).toEqual(seen.get(id)?.map(({ timestamp }) => timestamp))
      const times = stats.map(({ timestamp }) => timestamp)
      expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b))
    }
  })

  it('hold no run up: neither a subscriber that never takes the next one, nor one that throws', async () => {
    const { executor } = await setup()
    const stuck = executor.run(shell('sleep 1.3', { onStat: () => new Promise(() => {}) }))
    const broken = executor.run(
      shell('sleep 1.3', {
        onStat: () => {
          throw new Error('oh')
        },
      }),
    )
    for (const { status, stats } of await Promise.all([stuck, broken])) {
      expect([status, stats.length > 0]).toEqual(['success', true])
    }
  })
})

describe('the cgroup sampler', () => {
  const config = { sampler: 'cgroup', sampleInterval: 50 } as const

  it('has samples of a run of a moment, and its true peak', async () => {
    const { executor } = await setup({}, config)
    const script = 'dd if=/dev/zero of=/dev/null bs=40M count=1; sleep 0.3'
    const { stats, status } = await executor.run(shell(script, { memory: '64m' }))
    expect(status).toBe('success')
    expect(stats.length).toBeGreaterThanOrEqual(2)
    const peak = stats.at(-1)?.metrics.mem_peak ?? 0
    expect([peak > 40 * 2 ** 20, peak <= 64 * 2 ** 20], `peak ${peak}`).toEqual([true, true])
  })

  it('reads up to 20 times a second, and asks the engine for nothing', async () => {
    const proxy = await proxyForTest()
    const { executor } = await setup({}, { ...config, docker: `unix://${proxy.socketPath}` })
    const { stats, timings } = await executor.run(shell('sleep 1'))
    // One at the start, one at the end, and those between, on a machine that has time for them.
    expect(stats.length).toBeGreaterThan(5)
    expect(stats.length).toBeLessThanOrEqual((timings.running ?? 0) / 50 + 3)
    expect(proxy.requests.filter(request => request.includes('/stats'))).toEqual([])
  })

  it('goes on while the container is frozen, which uses nothing then', async () => {
    const { executor } = await setup({}, config)
    const execution = executor.run(shell('while :; do :; done'))
    await until(execution, 'running')
    await execution.freeze()
    const frozen = await new Promise<Stat>(resolve => {
      let count = 0
      execution.stats$.subscribe(stat => ++count === 4 && resolve(stat))
    })
    expect(frozen.metrics.cpu_total).toBe(0)
    execution.cancel()
    await execution
  })

  it('is taken from the environment', async () => {
    process.env.COOKIETIN_SAMPLER = 'cgroup'
    try {
      const { executor } = await setup()
      const raw: unknown[] = []
      await executor.run(shell('sleep 0.2', { onStat: stat => raw.push(rawSample(stat)) }))
      expect(raw[0]).toMatchObject({ counters: { cpuTotal: expect.any(Number) as number } })
    } finally {
      delete process.env.COOKIETIN_SAMPLER
    }
  })

  it('is refused by name where it cannot be had', async () => {
    process.env.COOKIETIN_SAMPLER = 'ebpf'
    try {
      await expect(createDockerDriver()).rejects.toMatchObject({
        code: 'ERR_COOKIETIN_INVALID_CONFIG',
        message: "Invalid config: COOKIETIN_SAMPLER: 'ebpf' is not allowed, it must be 'engine' or 'cgroup'",
      })
    } finally {
      delete process.env.COOKIETIN_SAMPLER
    }
  })
})

/** It has to outlive the driver behind it: what is registered first is undone last. */
async function proxyForTest() {
  const proxy = await startProxy()
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  return proxy
}

/** Resolves when there are no more: the proxy hears of a hang-up a moment later than the one who hung up. */
async function gone(count: () => number): Promise<void> {
  await expect.poll(count, { interval: 5 }).toBe(0)
}
