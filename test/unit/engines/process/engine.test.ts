import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { lastValueFrom, take } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type PortOptions, portRun } from '../../../../src/engines/conformance/port-run.ts'
import { StalledSink } from '../../../../src/engines/conformance/sinks.ts'
import { resolveProcessConfig } from '../../../../src/engines/process/config.ts'
import { cpuShares } from '../../../../src/engines/process/cpu-share.ts'
import { createProcessEngine } from '../../../../src/engines/process/engine.ts'
import { type Host, type ProcessOptions, processOptions } from '../../../../src/engines/process/options.ts'
import { cpuTimeOfEnded, findGroups, parseStat } from '../../../../src/engines/process/proc.ts'
import { exitOrError } from '../../../../src/engines/process/start-error.ts'
import { InvalidInputError } from '../../../../src/errors.ts'
import { resolveTask } from '../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../src/task/task.ts'
import { currentOwner } from '../../../../src/utils/owner.ts'
import { watchLeaks } from '../../../support/leaks/leaks.ts'

const host: Host = { env: { PATH: '/bin', HOME: '/root', SECRET: 'x' }, platform: 'linux', uid: 0 }
const optionsFor = (fields: Partial<ContainerTask>, on: Host = host) =>
  processOptions(resolveTask({ image: 'busybox', command: ['true'], ...fields }), on)

describe('processOptions', () => {
  it('gives a task its own environment, and of ours no more than PATH and HOME', () => {
    expect(optionsFor({ env: { A: '1' } }).env).toEqual({ PATH: '/bin', HOME: '/root', A: '1' })
    expect(optionsFor({ env: { PATH: '/x' } }).env).toEqual({ PATH: '/x', HOME: '/root' })
    expect(optionsFor({}, { ...host, env: {} }).env).toEqual({})
  })

  it('takes a numeric user where this process is root', () => {
    expect(optionsFor({ user: '1000:7' })).toMatchObject({ uid: 1000, gid: 7 })
    expect(optionsFor({ user: '1000' })).toMatchObject({ uid: 1000, gid: 1000 })
    expect(optionsFor({})).toMatchObject({ uid: undefined, gid: undefined })
  })

  it.each([
    ['command', { command: [] }, host],
    ['volumes', { volumes: [['/srv', '/srv']] }, host],
    ['disableNet', { disableNet: true }, host],
    ['profile', { profile: 'hardened' }, host],
    ['udsPath', { udsPath: '/srv' }, host],
    ['loggerConfig', { loggerConfig: { url: 'udp://h' } }, host],
    ['user', { user: 'nobody' }, host],
    ['user', { user: '1000' }, { ...host, uid: 1000 }],
    ['driver', {}, { ...host, platform: 'win32' }],
  ] as [string, Partial<ContainerTask>, Host][])('refuses %s: %o', (field, fields, on) => {
    expect(() => optionsFor(fields, on)).toThrow(InvalidInputError)
    expect(() => optionsFor(fields, on)).toThrow(`Invalid task: ${field}:`)
  })
})

describe('exitOrError', () => {
  const options: ProcessOptions = { command: ['x'], env: {}, cwd: undefined, uid: undefined, gid: undefined }
  const outcomeOf = (code: string) => exitOrError(Object.assign(new Error(code), { code }), options, 'id')

  it.each([
    ['ENOENT', { exitCode: 127, message: 'command not found: x' }],
    ['ENOTDIR', { exitCode: 127 }],
    ['EACCES', { exitCode: 126, message: 'command not executable: x: EACCES' }],
    ['EMFILE', { code: 'ERR_COOKIETIN_TOO_MANY_FILES', retryable: true }],
    ['EAGAIN', { code: 'ERR_COOKIETIN_START_FAILED', retryable: true }],
    ['EPERM', { code: 'ERR_COOKIETIN_START_FAILED', retryable: false }],
  ])('tells what %s means', (code, expected) => {
    expect(outcomeOf(code)).toMatchObject(expected)
  })
})

describe('parseStat', () => {
  it('is not deceived by the name of a program', () => {
    const rest = 'S 1 42 42 0 -1 4194304 99 0 0 0 10 20 3 4 20 0 1 0 106350 3133440 380'
    expect(parseStat(`7 (a) R 9 (b c) ${rest}`)).toEqual({
      pid: 7,
      state: 'S',
      group: 42,
      userTicks: 13,
      kernelTicks: 24,
      startTicks: 106350,
    })
    expect(parseStat('')).toBeUndefined()
  })
})

describe('cpuShares', () => {
  /** A process that began at 100 s and has used so many ticks of 10 ms. */
  const used = (userTicks: number, kernelTicks = 0) => [
    { pid: 7, state: 'R', group: 7, startTicks: 10_000, userTicks, kernelTicks },
  ]

  it('says nothing before there is enough to tell, and forgets nothing of it', () => {
    const shareOf = cpuShares()
    expect([shareOf(used(0), 100.01), shareOf(used(2), 100.04)]).toEqual([undefined, undefined])
    // 20 ticks user and 5 kernel in 50.
    expect(shareOf(used(20, 5), 100.5)).toEqual({ cpu_user: 40, cpu_kernel: 10, cpu_total: 50 })
    expect(shareOf(used(25, 5), 100.5625)).toBeUndefined()
    expect(shareOf(used(120, 5), 101.5)).toEqual({ cpu_user: 100, cpu_kernel: 0, cpu_total: 100 })
  })

  it('is never negative when a process that used much is gone', () => {
    const shareOf = cpuShares()
    shareOf([...used(50), ...used(50)], 101)
    expect(shareOf(used(60), 102)).toEqual({ cpu_user: 0, cpu_kernel: 0, cpu_total: 0 })
  })
})

describe.skipIf(process.platform !== 'linux')('process engine', () => {
  const outputTimeout = 300
  const engine = createProcessEngine(resolveProcessConfig({ outputTimeout }, {}))
  let expectNoLeaks: () => Promise<void>
  let made: ReturnType<typeof portRun>[] = []
  beforeEach(() => {
    expectNoLeaks = watchLeaks()
  })
  afterEach(async () => {
    await Promise.all(made.map(({ container }) => container.remove()))
    made = []
    await expectNoLeaks()
  })

  const run = (command: readonly string[], fields: Partial<ContainerTask> = {}, options?: PortOptions) => {
    const one = portRun(engine, { image: 'ignored', command, ...fields }, options)
    made.push(one)
    return one
  }
  const sh = (script: string, fields?: Partial<ContainerTask>, options?: PortOptions) =>
    run(['sh', '-c', script], fields, options)
  const started = async (one: ReturnType<typeof portRun>) => {
    await one.prepare()
    await one.start()
    return one
  }
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'cookietin-test-'))
    onTestFinished(() => rmSync(path, { recursive: true }))
    return path
  }

  it('marks what it starts with its owner and keeps our environment to itself', async () => {
    process.env.COOKIETIN_TEST_SECRET = 'canary'
    onTestFinished(() => void delete process.env.COOKIETIN_TEST_SECRET)
    const one = run(['env'], { env: { A: 'b' } })
    await one.toExit()
    const names = one.stdout.text
      .trim()
      .split('\n')
      .map(line => line.split('=')[0])
    expect(names.toSorted()).toEqual(['A', 'COOKIETIN_INSTANCE', 'COOKIETIN_OWNER', 'HOME', 'PATH'])
    expect(one.stdout.text).toContain(`COOKIETIN_OWNER=${currentOwner()}\n`)
  })

  it('tells the CPU time of a program at its end', async () => {
    // A program that is gone before its outputs were read has none.
    for (let attempt = 0; ; attempt += 1) {
      const spin = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'
      const { usage } = await run(['sh', '-c', spin]).toExit()
      if (usage === undefined && attempt < 20) continue
      expect(usage?.cpuMs).toBeGreaterThan(0)
      expect(usage).toEqual({ cpuMs: expect.any(Number) })
      return
    }
  })

  it('has no CPU time of a program that lives, or is gone', () => {
    expect(cpuTimeOfEnded(process.pid)).toBeUndefined()
    expect(cpuTimeOfEnded(2 ** 30)).toBeUndefined()
  })

  it('runs in the working directory, and says so when that is not there', async () => {
    const path = folder()
    const one = run(['pwd'], { workDir: path })
    await one.toExit()
    expect(one.stdout.text).toBe(`${path}\n`)

    const missing = run(['pwd'], { workDir: join(path, 'missing') })
    const error = {
      code: 'ERR_COOKIETIN_START_FAILED',
      message: expect.stringContaining(`workDir ${path}/missing is not a directory`),
    }
    await expect(missing.prepare()).rejects.toMatchObject(error)
    await expect(missing.start()).rejects.toMatchObject(error)
    await expect(missing.container.wait()).rejects.toMatchObject(error)
  })

  it.skipIf(process.getuid?.() !== 0)('runs as the user', async () => {
    const one = sh('id -u; id -g; id -G', { user: '1234:5678' })
    await one.toExit()
    expect(one.stdout.text).toBe('1234\n5678\n5678\n')
  })

  it('lets its options be changed until it is prepared', async () => {
    const one = run(['false'])
    const options = one.container.options as ProcessOptions
    options.command = ['sh', '-c', 'echo $X']
    options.env.X = 'changed'
    await one.toExit()
    expect(one.stdout.text).toBe('changed\n')
    expect(Object.isFrozen(options)).toBe(true)
  })

  it('reports a script whose interpreter is not there as exit 127, and one without a right to run as 126', async () => {
    const script = join(folder(), 'script')
    writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o755 })
    expect(await run([script]).toExit()).toMatchObject({ exitCode: 127, message: `command not found: ${script}` })
    writeFileSync(`${script}2`, 'echo', { mode: 0o644 })
    expect(await run([`${script}2`]).toExit()).toMatchObject({ exitCode: 126 })
  })

  it('releases the input of a command that cannot be started', async () => {
    let released = false
    const input = {
      *[Symbol.iterator]() {
        try {
          yield 'x'
        } finally {
          released = true
        }
      },
    }
    const iterator = input[Symbol.iterator]()
    iterator.next()
    const source = { [Symbol.iterator]: () => iterator }
    await run(['no-such-program'], {}, { input: source as Iterable<string> }).toExit()
    expect(released).toBe(true)
  })

  it('reports a death by signal as 128 and its number', async () => {
    expect(await sh('kill -TERM $$').toExit()).toMatchObject({ exitCode: 143 })
    expect(await sh('kill -KILL $$').toExit()).toMatchObject({ exitCode: 137 })
  })

  it('freezes and kills the whole group', async () => {
    const one = await started(sh('sleep 300 & sleep 300 & echo ready; wait'))
    await one.stdout.until('ready')
    const group = Number(/\d+/.exec(one.container.name)?.[0])
    const states = async () => ((await findGroups(new Set([group]))).get(group) ?? []).map(({ state }) => state)
    expect(await states()).toHaveLength(3)
    await one.container.pause()
    expect(await states()).toEqual(['T', 'T', 'T'])
    await one.container.kill()
    await one.container.wait()
    await expectGone(states)
  })

  it('ends what its first process leaves behind, at once', async () => {
    const one = sh('sleep 300 & echo ready')
    expect(await one.toExit()).toMatchObject({ exitCode: 0, outputTruncated: false })
    const group = Number(/\d+/.exec(one.container.name)?.[0])
    await expectGone(async () => (await findGroups(new Set([group]))).get(group) ?? [])
  })

  it.each([
    ['is silent', 'sleep 300'],
    ['writes now and then', 'while :; do echo x; sleep 0.05; done'],
    ['writes without end', 'exec cat /dev/zero'],
  ])('gives up the output when a descendant has left the group and %s', async (_, script) => {
    async function* input() {
      // It must have left before the first process ends, and the group with it.
      await one.stderr.until('\n')
      yield 'go\n'
    }
    const one: ReturnType<typeof portRun> = sh(
      `setsid sh -c 'echo pid=$$ >&2; ${script}' & read line`,
      {},
      { input: input() },
    )
    await started(one)
    await one.stderr.until('\n')
    const descendant = Number(/pid=(\d+)/.exec(one.stderr.text)?.[1])
    onTestFinished(() => void process.kill(-descendant, 'SIGKILL'))
    expect(await one.container.wait()).toMatchObject({ exitCode: 0, outputTruncated: true })
  })

  it('waits for no reader that has stalled when the process has ended by itself', async () => {
    const stdout = new StalledSink()
    const one = sh('head -c 100000 /dev/zero; echo done >&2', {}, { stdout })
    expect(await one.toExit()).toMatchObject({ exitCode: 0, outputTruncated: true })
    expect(stdout.unasked).toBe(0)
  })

  it('says that output was lost when a stalled reader was in the way of a kill', async () => {
    const stdout = new StalledSink()
    const one = await started(sh('head -c 100000 /dev/zero; echo done >&2; exec sleep 300', {}, { stdout }))
    await Promise.all([stdout.stalled, one.stderr.until('done')])
    await one.container.kill()
    expect(await one.container.wait()).toMatchObject({ exitCode: 137, outputTruncated: true })
  })

  it('does not start what was removed, nor anything twice', async () => {
    const removed = run(['true'])
    await removed.container.remove()
    await expect(removed.start()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    await expect(removed.container.wait()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    const twice = await started(run(['true']))
    await expect(twice.start()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
  })

  it('counts the time of a process and of its children, in percent of one core', async () => {
    const one = await started(sh('echo ready; (while :; do :; done) & while :; do :; done'))
    await one.stdout.until('ready')
    // The first may come too soon for any.
    const sample = await lastValueFrom(one.container.stats$.pipe(take(2)))
    expect(sample.metrics).toMatchObject({
      mem_limit: expect.any(Number),
      cpu_user: expect.any(Number),
      cpu_kernel: expect.any(Number),
    })
    // Two endless loops for a second, on a machine that others use too.
    expect(sample.metrics.cpu_total).toBeGreaterThan(5)
    expect(sample.metrics).not.toHaveProperty('net_rx')
  })
})

/** A killed process takes a moment to go. */
async function expectGone(find: () => Promise<readonly unknown[]>): Promise<void> {
  for (const deadline = performance.now() + 3000; performance.now() < deadline; ) {
    if ((await find()).length === 0) return
    await nextTurn()
  }
  expect(await find()).toEqual([])
}
