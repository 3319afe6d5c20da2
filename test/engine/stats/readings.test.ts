import { describe, expect, it } from 'vitest'
import { type Cookie, type RunResult, rawSample, type Stat } from '../../../src/index.ts'
import { diskOfEngine } from '../../support/engine/disk.ts'
import { setup, shell } from '../setup.ts'

const MiB = 2 ** 20

/** One run, with all of its samples. */
async function sampled(cookie: Cookie): Promise<{ result: RunResult; stats: readonly Stat[] }> {
  const stats: Stat[] = []
  cookie.stats$.subscribe(stat => stats.push(stat))
  const { wait } = await cookie.run()
  const result = await wait()
  await cookie.close()
  return { result, stats }
}

const all = (stats: readonly Stat[], name: string) =>
  stats.flatMap(({ metrics }) => (metrics[name] === undefined ? [] : [metrics[name]]))

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

describe.each(['engine', 'cgroup'] as const)('what the %s sampler reads', sampler => {
  const config = { sampler, sampleInterval: 100 }

  it('of a container that burns one CPU: the share that it got, within 10 %', async () => {
    const { driver } = await setup({}, config)
    const readings: { got: number; cpu: number; user: number }[] = []
    const agrees = ({ got, cpu, user }: (typeof readings)[number]) => Math.abs(cpu - got) <= 10 && user > got / 2
    // On a busy machine it gets less than a CPU, and unevenly. It measures its share itself; a few attempts find an even one.
    while (readings.length < 8 && !readings.some(agrees)) {
      const cookie = await driver.createCookie(shell('time timeout 3 sh -c "while :; do :; done"'))
      Object.assign((cookie.containerOptions as { HostConfig: object }).HostConfig, { CpuShares: 262_144 })
      const { result, stats } = await sampled(cookie)
      const got = 100 * shareOfTime(String(result.stderr))
      readings.push({ got, cpu: median(all(stats, 'cpu_total')), user: median(all(stats, 'cpu_user')) })
    }
    expect(readings).toContainEqual(expect.toSatisfy(agrees))
  })

  it('of what a run used: its last reading of the kernel, or nothing', async () => {
    const { driver } = await setup({}, config)
    const script =
      'head -c 20971520 /dev/zero | tail -c 20971520 > /dev/null; i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 0.5'
    const { result, stats } = await sampled(await driver.createCookie(shell(script)))
    if (sampler === 'engine') {
      expect(result.usage).toEqual({})
      return
    }
    const raw = rawSample(stats.at(-1) as Stat) as { counters: { cpuTotal: number; memoryPeak: number } }
    expect(result.usage).toEqual({ cpuMs: raw.counters.cpuTotal / 1e6, memoryPeak: raw.counters.memoryPeak })
    expect(result.usage.memoryPeak).toBeGreaterThan(20 * MiB)
  })

  it('of a container that holds 50 MiB: that, within 10 %', async () => {
    const { driver } = await setup({}, config)
    // dd fills a buffer of 50 MiB, then waits for the next one until the sleep has ended.
    const script = '(head -c 52428800 /dev/zero; sleep 2.5) | dd bs=52428800 iflag=fullblock of=/dev/null'
    const { stats } = await sampled(await driver.createCookie(shell(script, { memory: '128m' })))
    const usage = median(all(stats, 'mem_usage').filter(bytes => bytes > 10 * MiB))
    expect(usage).toBeGreaterThan(45 * MiB)
    expect(usage).toBeLessThan(55 * MiB)
    expect(median(all(stats, 'mem_working_set').filter(bytes => bytes > 10 * MiB))).toBeGreaterThan(45 * MiB)
    expect(new Set(all(stats, 'mem_limit'))).toEqual(new Set([128 * MiB]))
    expect(Math.max(...all(stats, 'pids'))).toBeGreaterThanOrEqual(3)
  })

  it('of the network: what one container sends, and another gets', async () => {
    const { driver } = await setup({}, config)
    const network = { disableNet: false }
    // nc hangs up when its own input ends, so that is held open.
    const listen = 'mkfifo /f; sleep 60 > /f & hostname -i; nc -l -p 9000 < /f | wc -c; kill $!; sleep 2.2'
    const server = await driver.createCookie(shell(listen, network))
    const receiving = sampled(server)
    const address = await firstLine(server)
    const script = `head -c ${5 * MiB} /dev/zero | nc ${address} 9000; sleep 2.2`
    const sent = await sampled(await driver.createCookie(shell(script, network)))
    const received = await receiving
    expect(String(received.result.stdout)).toContain(String(5 * MiB))
    for (const bytes of [Math.max(...all(sent.stats, 'net_tx')), Math.max(...all(received.stats, 'net_rx'))]) {
      expect(bytes).toBeGreaterThanOrEqual(5 * MiB)
      expect(bytes).toBeLessThan(5.5 * MiB)
    }
  })

  it('of the disk: what it writes to it and reads from it', async () => {
    const disk = await diskOfEngine()
    const { driver } = await setup({}, config)
    const script = `dd if=/dev/zero of=/x bs=1M count=8 oflag=direct; dd if=/x of=/dev/null bs=1M count=4 iflag=direct; sleep 2.2`
    const cookie = await driver.createCookie(shell(script))
    // Kernels since 6.9 count for cgroup v1 only what goes to a disk that has a limit; this one is out of reach.
    const limits = [{ Path: disk, Rate: 2 ** 40 }]
    const { HostConfig } = cookie.containerOptions as { HostConfig: object }
    Object.assign(HostConfig, { BlkioDeviceReadBps: limits, BlkioDeviceWriteBps: limits })
    const { result, stats } = await sampled(cookie)
    expect([result.status, result.stderr]).toEqual(['success', expect.stringContaining('8+0 records out')])
    const [written, read] = [Math.max(...all(stats, 'disk_write')), Math.max(...all(stats, 'disk_read'))]
    expect(written).toBeGreaterThanOrEqual(8 * MiB)
    expect(written).toBeLessThan(8.8 * MiB)
    expect(read).toBeGreaterThanOrEqual(4 * MiB)
    // The kernel reads programs and folders, too.
    expect(read).toBeLessThan(8 * MiB)
  })

  it('of a container with a fifth of a CPU: that it was held up', async () => {
    const { driver } = await setup({}, config)
    const cookie = await driver.createCookie(shell('timeout 2.3 sh -c "while :; do :; done"', { cpus: 200 }))
    const { stats } = await sampled(cookie)
    expect(Math.max(...all(stats, 'cpu_throttled_periods'))).toBeGreaterThan(5)
    expect(Math.max(...all(stats, 'cpu_throttled_ms'))).toBeGreaterThan(100)
    expect(median(all(stats, 'cpu_total'))).toBeLessThan(40)
  })
})

/** From the words of busybox's `time`: `real 0m 3.00s`, `user 0m 2.97s`, `sys 0m 0.01s`. */
function shareOfTime(text: string): number {
  const seconds = (name: string) => Number(new RegExp(`${name}\\s+0m ([\\d.]+)s`).exec(text)?.[1])
  return (seconds('user') + seconds('sys')) / seconds('real')
}

async function firstLine(cookie: Cookie): Promise<string> {
  let text = ''
  for await (const chunk of cookie.stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  cookie.stdout.resume()
  return text.split('\n')[0] ?? ''
}
