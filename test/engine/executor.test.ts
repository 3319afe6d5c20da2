import { createHash } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createDockerDriver, createExecutor, type RunResult } from '../../src/index.ts'
import { engineRequest } from '../support/engine/request.ts'
import { testImage } from '../support/images/images.ts'
import { setup, shell, until, untilWritten } from './setup.ts'

describe('what a user types', () => {
  it('runs the example of the design, with nothing left', async () => {
    await setup()
    await using driver = await createDockerDriver()
    await using executor = createExecutor({ driver, concurrency: 4 })
    const execution = executor.run({
      image: testImage,
      command: ['wc', '-c'],
      input: 'hello',
      timeout: 5_000,
      memory: '64m',
    })
    const states: string[] = []
    execution.state$.subscribe(state => states.push(state))
    const { status, exitCode, stdout, stats } = await execution
    expect([status, exitCode, stdout, stats]).toEqual(['success', 0, '5\n', []])
    expect(states.slice(0, 6)).toEqual(['created', 'preparing', 'prepared', 'starting', 'running', 'done'])
  })

  it('runs a task again that somebody else killed, in a new container', async () => {
    const { executor } = await setup()
    const execution = executor.run({
      ...shell('echo "up $(cat)"; [ -e /tmp/x ] || exec sleep 60'),
      id: 'killed-outside',
      input: () => 'here',
      retry: { attempts: 2, delay: 1 },
    })
    const names: string[] = []
    execution.transitions$.subscribe(async ({ to, attempt = 1 }) => {
      if (to !== 'running') return
      const filters = encodeURIComponent(JSON.stringify({ label: ['cookietin.id'], name: ['killed-outside'] }))
      const listed = (await engineRequest('GET', `/containers/json?filters=${filters}`)) as {
        Id: string
        Names: string[]
      }[]
      for (const { Id, Names } of listed.filter(({ Names }) => !names.includes(Names[0] ?? ''))) {
        names.push(Names[0] ?? '')
        await engineRequest('POST', `/containers/${Id}/kill`)
      }
      expect(names).toHaveLength(attempt)
    })
    const { status, attempts, error, stdout } = await execution
    expect([status, attempts, error?.code, stdout]).toEqual(['killed', 2, 'ERR_COOKIETIN_KILLED', 'up here\n'])
    expect(names[1]).toContain('killed-outside.attempt-2')
  })

  it('runs a cookie step by step, as Fn has it', async () => {
    const { driver } = await setup()
    await using cookie = await driver.createCookie(shell('echo "$WORD"; exit 3', { env: { WORD: 'hi' } }))
    await driver.prepareCookie(cookie)
    expect(cookie.state).toBe('prepared')
    const { wait } = await cookie.run()
    const result = await wait()
    expect([result.status, result.exitCode, result.stdout, await wait()]).toEqual(['error', 3, 'hi\n', result])
    await expect(cookie.run()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    await expect(cookie.prepare()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    await cookie.kill()
    await Promise.all([cookie.close(), cookie.close()])
    await expect(cookie.freeze()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
  })

  it('lets the create options be changed until the cookie is prepared', async () => {
    const { driver } = await setup()
    await using cookie = await driver.createCookie(shell('hostname'))
    const options = cookie.containerOptions as { Hostname?: string }
    options.Hostname = 'changed'
    const { wait } = await cookie.run()
    expect((await wait()).stdout).toBe('changed\n')
  })

  it('closes a cookie from every state, and leaves nothing', async () => {
    const { driver } = await setup()
    for (const state of ['created', 'preparing', 'prepared', 'starting', 'running', 'frozen'] as const) {
      const cookie = await driver.createCookie(shell('sleep 60'))
      const reached = new Promise<void>(resolve => {
        cookie.state$.subscribe(seen => seen === state && resolve())
      })
      if (state !== 'created') void cookie.run().catch(() => {})
      if (state === 'frozen') {
        await cookie.run()
        void cookie.freeze()
      }
      await reached
      await cookie.close()
      expect(cookie.state).toBe('closed')
    }
  })
})

it('a mount over the init process of the engine is not told as the fault of the command', async () => {
  const { executor } = await setup()
  await expect(executor.run(shell('true', { tmpfs: { '/sbin': '1m' } }))).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_TASK',
    message: expect.stringContaining('mount nothing over it, or set init: false') as string,
  })
})

describe('statuses', () => {
  const oom = 'a=xxxxxxxxxxxxxxxx; while :; do a="$a$a"; done'

  it.each<[string, Parameters<typeof shell>, Partial<RunResult>, string | undefined]>([
    ['exit 0', ['exit 0'], { status: 'success', exitCode: 0 }, undefined],
    ['exit 3', ['exit 3'], { status: 'error', exitCode: 3 }, 'ERR_COOKIETIN_EXIT_NONZERO'],
    [
      'a missing command',
      ['', { command: ['/nowhere'] }],
      { status: 'error', exitCode: 127 },
      'ERR_COOKIETIN_COMMAND_NOT_FOUND',
    ],
    ...[
      { command: ['/etc/passwd/x'] },
      { command: ['/etc/passwd/x'], init: false },
      { command: ['no\nsuch'] },
      { command: ['x'.repeat(5_000)] },
    ].map((task): [string, Parameters<typeof shell>, Partial<RunResult>, string] => [
      `a command that cannot exist (${JSON.stringify(task).slice(0, 60)})`,
      ['', task],
      { status: 'error' },
      'ERR_COOKIETIN_COMMAND_NOT_FOUND',
    ]),
    [
      'no program',
      ['', { command: ['/etc/passwd'] }],
      { status: 'error', exitCode: 126 },
      'ERR_COOKIETIN_COMMAND_NOT_EXECUTABLE',
    ],
    [
      'a timeout',
      ['echo begun; sleep 60', { timeout: 300 }],
      { status: 'timeout', exitCode: 137, stdout: 'begun\n' },
      'ERR_COOKIETIN_TIMEOUT',
    ],
    [
      'out of memory',
      [oom, { memory: '16m' }],
      { status: 'killed', exitCode: 137, oomKilled: true },
      'ERR_COOKIETIN_OOM_KILLED',
    ],
    [
      'a child out of memory',
      [`sh -c '${oom}'; exit 0`, { memory: '16m' }],
      { status: 'success', oomKilled: true },
      undefined,
    ],
  ])('%s', async (_name, [script, rest], expected, code) => {
    const { executor } = await setup()
    const result = await executor.run(shell(script, rest))
    expect(result).toMatchObject(expected)
    expect(result.error?.code).toBe(code)
  })

  it('killed, when somebody outside kills it', async () => {
    const { executor, containers } = await setup()
    const execution = executor.run(shell('sleep 60'))
    await until(execution, 'running')
    const [name] = await containers()
    await engineRequest('POST', `/containers/${name}/kill`)
    expect(await execution).toMatchObject({
      status: 'killed',
      exitCode: 137,
      oomKilled: false,
      error: { code: 'ERR_COOKIETIN_KILLED' },
    })
  })

  it('killed, when somebody outside removes it', async () => {
    const { executor, containers } = await setup()
    const execution = executor.run(shell('sleep 60'))
    await until(execution, 'running')
    const [name] = await containers()
    await engineRequest('DELETE', `/containers/${name}?force=true`)
    expect(await execution).toMatchObject({ status: 'killed', exitCode: 137 })
  })

  it.each(['created', 'preparing', 'prepared', 'starting', 'running', 'frozen'])('cancelled while %s', async state => {
    const { executor } = await setup({ concurrency: 1 })
    const before = state === 'created' ? executor.run(shell('sleep 1')) : undefined
    const execution = executor.run(shell('sleep 60'))
    if (state === 'frozen') void until(execution, 'running').then(() => execution.freeze())
    await until(execution, state)
    execution.cancel('enough')
    expect(await execution).toMatchObject({
      status: 'cancelled',
      error: { code: 'ERR_COOKIETIN_CANCELLED', cause: 'enough' },
    })
    before?.cancel()
  })
})

describe('freeze', () => {
  it('stops a counting container, and its timeout with it', async () => {
    const { executor } = await setup()
    // Each tick tells when it was, by the clock that the container shares with us; it cannot be delayed on its way as its line can.
    const tick = 'read now rest < /proc/uptime; echo $now; sleep 0.05'
    const execution = executor.run(shell(`while :; do ${tick}; done`, { timeout: 3_000 }))
    const now = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
    let ticks = 0
    await new Promise<void>(resolve => {
      execution.stdout.on('data', () => ++ticks === 3 && resolve())
    })
    await execution.freeze()
    const frozenAt = now()
    // Longer than the timeout, to show that it stands.
    await new Promise(resolve => setTimeout(resolve, 3_200))
    expect(execution.state).toBe('frozen')
    const thawedAt = now()
    await execution.unfreeze()
    const result = await execution
    expect(result).toMatchObject({ status: 'timeout', stdoutTruncated: false })
    const times = String(result.stdout).trim().split('\n').map(Number)
    expect(times.filter(time => time > frozenAt && time < thawedAt)).toEqual([])
    expect(times.filter(time => time >= thawedAt).length).toBeGreaterThan(0)
    // That clock goes in steps of 10 ms, so each of the two readings may be one off.
    expect(result.timings.frozen).toBeGreaterThanOrEqual((thawedAt - frozenAt) * 1_000 - 20)
    // Its clock goes on while a freeze is under way.
    const { running = 0, freezing = 0 } = result.timings
    expect(running + freezing).toBeGreaterThanOrEqual(2_950)
  })

  it('is idempotent, both ways', async () => {
    const { executor } = await setup()
    const execution = executor.run(shell('sleep 60'))
    await until(execution, 'running')
    await execution.unfreeze()
    await Promise.all([execution.freeze(), execution.freeze()])
    await execution.freeze()
    await Promise.all([execution.unfreeze(), execution.unfreeze()])
    expect(execution.state).toBe('running')
    execution.cancel()
    await execution
  })

  it('does not keep a frozen one from being killed or timed out in its other life', async () => {
    const { driver } = await setup()
    await using cookie = await driver.createCookie(shell('sleep 60'))
    const { wait } = await cookie.run()
    await cookie.freeze()
    await cookie.kill()
    expect(await wait()).toMatchObject({ status: 'killed', exitCode: 137 })
  })
})

describe('streams', () => {
  it('brings 64 MiB through `cat` and back', async () => {
    const { executor } = await setup()
    const [sent, received] = [createHash('sha256'), createHash('sha256')]
    function* input() {
      for (let part = 0; part < 64; part += 1) {
        const chunk = Buffer.alloc(1024 * 1024, part * 7 + 1)
        sent.update(chunk)
        yield chunk
      }
    }
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        received.update(chunk)
        done()
      },
    })
    const result = await executor.run({ ...shell(''), command: ['cat'], input: input(), stdout })
    expect(result.status).toBe('success')
    expect(received.digest('hex')).toBe(sent.digest('hex'))
  })

  it('gives the output as Node streams while it comes', async () => {
    const { executor } = await setup()
    const execution = executor.run(shell('echo one; read word; echo two', { input: 'go\n' }))
    expect(await untilWritten(execution, 'two')).toBe('one\ntwo\n')
    expect(await execution).toMatchObject({ status: 'success', stdout: 'one\ntwo\n' })
  })

  it('lets a timeout land on time though the reader has stalled', async () => {
    const { executor } = await setup()
    const stdout = new Writable({ highWaterMark: 1, write() {} })
    const result = await executor.run(shell('yes', { stdout, timeout: 500 }))
    expect(result).toMatchObject({ status: 'timeout', exitCode: 137, stdoutTruncated: true })
  })

  it('fails, and ends the container, when the input breaks', async () => {
    const { executor } = await setup()
    async function* input() {
      yield 'a'
      throw new Error('the disk is gone')
    }
    const execution = executor.run({ ...shell(''), command: ['cat'], input: input() })
    await expect(execution).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INPUT_FAILED' })
  })
})

describe('many', () => {
  it('80 tasks at 8 at once: all settle, by priority, within count, memory and CPUs, and nothing is left', async () => {
    const { executor } = await setup({ concurrency: 8, memory: '1g', cpus: 8_000 })
    const controller = new AbortController()
    const running = new Map<string, { memory: number; cpus: number }>()
    const peak = { count: 0, memory: 0, cpus: 0 }
    const begun: string[] = []
    executor.transitions$.subscribe(({ id, to }) => {
      if (to === 'preparing') {
        begun.push(id)
        const index = Number(id.slice(1))
        running.set(id, { memory: 2 ** 20 * (64 + 32 * (index % 7)), cpus: 500 + 500 * (index % 4) })
      }
      if (to === 'done') running.delete(id)
      const all = [...running.values()]
      peak.count = Math.max(peak.count, all.length)
      peak.memory = Math.max(
        peak.memory,
        all.reduce((sum, { memory }) => sum + memory, 0),
      )
      peak.cpus = Math.max(
        peak.cpus,
        all.reduce((sum, { cpus }) => sum + cpus, 0),
      )
    })
    const results = await Promise.all(
      Array.from({ length: 80 }, (_, index) =>
        executor.run(
          shell(`echo ${index}`, {
            id: `t${index}`,
            memory: `${64 + 32 * (index % 7)}m`,
            cpus: Math.min(2_000, 500 + 500 * (index % 4)),
          }),
          { priority: index >= 60 ? 1 : 0, signal: controller.signal },
        ),
      ),
    )
    expect(results.map(({ stdout }) => stdout)).toEqual(results.map((_, index) => `${index}\n`))
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['success']))
    expect(peak.count).toBeLessThanOrEqual(8)
    expect(peak.memory).toBeLessThanOrEqual(2 ** 30)
    expect(peak.cpus).toBeLessThanOrEqual(8_000)
    // The twenty of higher priority pass all but the few that had begun, and those that fit where they do not.
    expect(Math.max(...Array.from({ length: 20 }, (_, index) => begun.indexOf(`t${60 + index}`)))).toBeLessThan(60)
    await executor.onIdle()
    expect([executor.pending, executor.size]).toEqual([0, 0])
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  }, 180_000)
})

describe('one clear error, and nothing created', () => {
  it('for an image that is not there', async () => {
    const { executor } = await setup()
    const execution = executor.run(shell('', { image: 'no-such-image', pull: 'never' }))
    await expect(execution).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND',
      cookieId: execution.id,
      message: expect.stringContaining('no-such-image') as string,
    })
  })

  it('for an engine that is not there: what was tried, and why it failed', async () => {
    const error = await createDockerDriver({ docker: 'unix:///nowhere/docker.sock' }).catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE',
      message: expect.stringContaining('/nowhere/docker.sock') as string,
    })
  })

  it('for a user that is not there', async () => {
    const { executor } = await setup()
    await expect(executor.run(shell('', { user: 'nobody-here' }))).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_START_FAILED',
    })
  })
})
