import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { portRun } from '../../../src/engines/conformance/port-run.ts'
import type { ContainerTask, RunResult } from '../../../src/index.ts'
import { containersWith, engineRequest } from '../../support/engine/request.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'
import { newHub } from '../../unit/inspector/setup.ts'
import { setup, shell, until, untilWritten } from '../setup.ts'
import { withSpares } from './setup.ts'

/** What must be equal in a spare container and in one of its own. */
function comparable({ status, exitCode, oomKilled, stdout, stderr, stdoutTruncated, error }: RunResult) {
  const { code, message } = error ?? {}
  const init = (text: string) => text.replace(/\[FATAL \w+ \(\d+\)\]/, '[FATAL]').replace(/HOSTNAME=\w+/, 'HOSTNAME')
  return {
    ...{ status, exitCode, oomKilled, stdoutTruncated, code },
    stdout: init(String(stdout)),
    stderr: init(String(stderr)),
    message: message && init(message),
  }
}

const tasks: Record<string, Partial<ContainerTask>> = {
  'that succeeds': { command: ['true'] },
  'of each exit code': { command: ['sh', '-c', 'exit 200'] },
  'that writes to both streams': { command: ['sh', '-c', 'echo out; echo err >&2; exit 3'] },
  'that is not found': { command: ['no-such-program', 'x'] },
  'that is not executable': { command: ['/etc/passwd'] },
  'that is killed by a signal': { command: ['sh', '-c', 'echo before; kill -SEGV $$'] },
  'that exits with 137': { command: ['sh', '-c', 'exit 137'] },
  'that runs out of memory': { command: ['sh', '-c', 'tail -c 100000000 /dev/zero'] },
  'a child of which runs out of memory': { command: ['sh', '-c', 'tail -c 100000000 /dev/zero; exit 5'] },
  'with input': { command: ['wc', '-c'], input: 'x'.repeat(3_000_000) },
  'that does not read its input': { command: ['true'], input: 'x'.repeat(3_000_000) },
  'without input': { command: ['sh', '-c', 'cat; readlink /proc/self/fd/0'] },
  'that prints its variables': { command: ['env'], env: { B: '2', PATH: '/bin:/x', A: '', HOME: '/tmp', Q: "a'b\nc" } },
  'whose program is in its own PATH': { command: ['hello'], env: { PATH: '/nowhere' } },
  'with arguments of all kinds': { command: ['printf', '%s|', '', 'a b', "'", '"', '\n', 'ä€😀', '\\x'] },
  'with a working directory': { command: ['pwd'], workDir: '/etc' },
  'with a working directory that does not exist': { command: ['pwd'], workDir: '/not/there' },
  'with an entrypoint': { entrypoint: ['echo', 'entry'], command: ['arg'] },
  'whose child lives on': { command: ['sh', '-c', '(sleep 0.05; echo late) & echo now'] },
  'that closes its outputs': { command: ['sh', '-c', 'echo x; exec >&- 2>&-; sleep 0.05; exit 4'] },
  'of a script without an interpreter': {
    command: ['sh', '-c', 'echo echo hi > /tmp/s; chmod +x /tmp/s; exec /tmp/s'],
  },
  'that prints all bytes': {
    command: [
      'sh',
      '-c',
      'for h in 0 1 2 3; do for m in 0 1 2 3 4 5 6 7; do printf "\\\\$h$m\\060\\\\$h$m\\067"; done; done',
    ],
  },
}

describe('a task in a spare container has the result of one in its own,', () => {
  for (const profile of ['default', 'hardened'] as const) {
    test(`with the profile '${profile}'`, async () => {
      const limits = { profile, memory: '32m', pids: 32 } as const
      const spare = await withSpares({ ...limits, size: 3 })
      const cold = await setup()
      for (const [name, task] of Object.entries(tasks)) {
        const run = async () => {
          await spare.ready()
          const whole: ContainerTask = { ...shell('', limits), id: `t-${name.replaceAll(' ', '-')}`, ...task }
          return await Promise.all([spare.executor.run(whole), cold.executor.run(whole)])
        }
        let [adopted, own] = await run()
        // A busy engine may report too late that memory ran out.
        for (let again = 0; again < 5 && name.includes('memory') && !(adopted.oomKilled && own.oomKilled); again++) {
          ;[adopted, own] = await run()
        }
        expect([name, comparable(adopted)]).toEqual([name, comparable(own)])
      }
      const reasons = Object.fromEntries(spare.adoptions)
      // Only the launcher can tell that the folder is missing. The engine makes it.
      expect(spare.adoptions.filter(([, event]) => event !== 'adopt').map(([id]) => id)).toEqual([
        't-with-a-working-directory-that-does-not-exist',
      ])
      expect(reasons['t-that-succeeds']).toBe('adopt')
    }, 120_000)
  }
})

describe('a spare container', () => {
  test('serves one task, and is replaced', async () => {
    const { executor, ready, containers, adoptions } = await withSpares({ size: 1 })
    const before = await containers()
    const { stdout } = await executor.run(shell('hostname'))
    await executor.onIdle()
    await ready()
    const after = await containers()
    expect([before.length, after.length, before.some(name => after.includes(name))]).toEqual([1, 1, false])
    const again = await executor.run(shell('hostname'))
    expect(again.stdout).not.toBe(stdout)
    expect(adoptions.map(([, event]) => event)).toEqual(['adopt', 'adopt'])
  })

  test('is shown with its id and its image', async () => {
    const hub = newHub()
    const { executor, adoptions } = await withSpares({ size: 1 }, {}, { inspect: hub.inspect })
    await executor.run(shell('true'))
    const { Id } = (await engineRequest('GET', `/images/${testImage}/json`)) as { Id: string }
    expect(adoptions.map(([, event]) => event)).toEqual(['adopt'])
    expect(hub.get(1)?.details.task).toMatchObject({
      containerId: expect.stringMatching(/^[0-9a-f]{64}$/),
      imageDigest: expect.stringContaining(Id.replace(/^sha256:/, '')),
    })
    hub.close()
  })

  test('does not serve a task that differs in what its creation fixed, which runs as ever', async () => {
    const { executor, adoptions } = await withSpares()
    for (const rest of [
      { memory: '64m' },
      { user: '1000' },
      { profile: 'hardened' as const },
      { pull: 'always' as const },
    ]) {
      await executor.run(shell('true', rest)).catch(() => {})
    }
    expect(adoptions.map(([, event]) => event)).toEqual([
      'misfit: HostConfig.Memory, HostConfig.MemorySwap',
      'misfit: User',
      expect.stringContaining('HostConfig.ReadonlyRootfs'),
      'misfit: pull',
    ])
  })

  test('does not serve a task whose create options were edited, and its labels need not be those of the task', async () => {
    const { executor, adoptions } = await withSpares()
    const hook = (options: { StopTimeout?: number }) => {
      options.StopTimeout = 7
    }
    await executor.run(shell('true', { containerOptions: hook }))
    const { labels } = await executor.run(shell('true', { labels: { a: 'b' } }))
    expect([adoptions.map(([, event]) => event), labels]).toEqual([['misfit: StopTimeout', 'adopt'], { a: 'b' }])
  })

  test('is missing when more tasks come at once than there are, which run as ever', async () => {
    const { executor, adoptions } = await withSpares({ size: 2 }, {}, { concurrency: 8 })
    const results = await Promise.all(Array.from({ length: 6 }, (_, at) => executor.run(shell(`echo ${at}`))))
    expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 6 }, (_, at) => `${at}\n`))
    expect(adoptions.map(([, event]) => event).toSorted()).toEqual([
      ...['adopt', 'adopt'],
      ...Array.from({ length: 4 }, () => 'poolEmpty'),
    ])
  })

  test('that was killed while it waited is replaced, and no task gets it', async () => {
    const { executor, containers, ready, spareStates } = await withSpares({ size: 1 })
    const [name = ''] = await containers()
    await engineRequest('POST', `/containers/${name}/kill`)
    await expect.poll(containers).not.toContain(name)
    await ready(1)
    expect(spareStates).toContain('removing')
    expect((await executor.run(shell('echo ok'))).stdout).toBe('ok\n')
  })

  test('that is paused from outside does not take the task, which runs as ever with all of its input', async () => {
    const { executor, containers, adoptions } = await withSpares({ size: 1 })
    const [name = ''] = await containers()
    await engineRequest('POST', `/containers/${name}/pause`)
    const { stdout } = await executor.run(shell('wc -c', { input: 'x'.repeat(200_000) }))
    expect([stdout, adoptions.map(([, event]) => event)]).toEqual(['200000\n', ['adopt', 'notTaken']])
  }, 30_000)

  test('is replaced when the name of its image means another image', async () => {
    await ensureTestImage()
    const moved = 'cookietin-test/moved'
    const tag = (source: string) =>
      engineRequest('POST', `/images/${source}/tag?repo=${encodeURIComponent(moved)}&tag=1`)
    await tag(testImage)
    const { executor, ready, engine, adoptions, containers, spareStates } = await withSpares({
      image: `${moved}:1`,
      size: 1,
      pull: 'never',
    })
    const [before = ''] = await containers()
    await engineRequest('POST', `/commit?container=${before}&repo=${encodeURIComponent(moved)}&tag=1`)
    await expect.poll(containers).not.toContain(before)
    await ready(1)
    expect(spareStates).toContain('removing')
    const { Id } = (await engineRequest('GET', `/images/${moved}:1/json`)) as { Id: string }
    const run = executor.run(shell('sleep 30', { image: `${moved}:1`, pull: 'never' }))
    await until(run, 'running')
    const { Image } = (await engineRequest('GET', `/containers/${await anyContainer(engine.instance)}/json`)) as {
      Image: string
    }
    run.cancel()
    await run
    expect([Image, adoptions.map(([, event]) => event)]).toEqual([Id, ['adopt']])
    await executor.onIdle()
    await engineRequest('DELETE', `/images/${moved}:1?force=1`).catch(() => {})
  })

  test('joins a namespace of the prefork pool', async () => {
    const { executor, adoptions, driver, ready } = await withSpares(
      { disableNet: false, size: 1 },
      { preForkPoolSize: 2 },
    )
    const { prefork$ } = driver
    const { leased } = await firstValueFrom(prefork$.pipe(filter(({ pending }) => pending === 0)))
    if (leased === 0) {
      // It was made before the pool was full, with a network of its own. The next one is made after that.
      await executor.run(shell('true', { disableNet: false }))
      await executor.onIdle()
      await ready()
    }
    await firstValueFrom(prefork$.pipe(filter(({ leased }) => leased === 1)))
    const { stdout } = await executor.run(shell('ip -o -4 addr | grep -v 127.0.0.1 | wc -l', { disableNet: false }))
    expect([stdout, ...new Set(adoptions.map(([, event]) => event))]).toEqual(['1\n', 'adopt'])
  })
})

const anyContainer = async (instance: string) => (await containersWith(`cookietin.instance=${instance}`))[0] ?? ''

describe('a run in a spare container', () => {
  test('freezes, thaws, and ends by its timeout', async () => {
    const { executor, adoptions } = await withSpares()
    const run = executor.run(shell('while :; do echo x; sleep 0.01; done', { timeout: 2_000 }))
    await untilWritten(run, 'x')
    await run.freeze()
    await run.unfreeze()
    const { status, exitCode } = await run
    expect([status, exitCode, adoptions.map(([, event]) => event)]).toEqual(['timeout', 137, ['adopt']])
  })

  test('gets signals, and ends by its own exit code within its grace', async () => {
    const { executor } = await withSpares()
    const script = "trap 'echo got; exit 7' TERM; trap 'echo hup' HUP; echo ready; while :; do sleep 0.02; done"
    const run = executor.run(shell(script, { stopGrace: 5_000 }))
    await untilWritten(run, 'ready')
    await run.signal('SIGHUP')
    run.cancel()
    const { status, exitCode, stdout } = await run
    expect([status, exitCode, stdout]).toEqual(['cancelled', 7, 'ready\nhup\ngot\n'])
  })

  test('has samples', async () => {
    const { executor } = await withSpares({}, { sampler: 'cgroup', sampleInterval: 50 })
    const { stats } = await executor.run(shell('sleep 0.4'))
    expect(stats.length).toBeGreaterThan(1)
  })

  test('gets files and gives artifacts', async () => {
    for (const profile of ['default', 'hardened'] as const) {
      const files = { '/work/in.txt': 'in' }
      const kind = { profile, files, artifacts: ['/work/out'] }
      const { executor, adoptions } = await withSpares({ ...kind, size: 1 })
      const script = 'mkdir /work/out; cp /work/in.txt /work/out/copy; chmod 600 /work/out/copy'
      const { artifacts, status, stderr } = await executor.run(
        shell(script, { ...kind, files: { '/work/in.txt': 'other' } }),
      )
      const found: [string, string][] = []
      for await (const { path, content } of artifacts)
        if (path !== '/work/out') found.push([path, Buffer.concat(await Array.fromAsync(content)).toString()])
      expect([status, String(stderr), found]).toEqual(['success', '', [['/work/out/copy', 'other']]])
      expect(adoptions.map(([, event]) => event)).toEqual(['adopt'])
    }
  })

  test('that is ended before the launcher has taken it has the exit of a killed one, and leaves its input unread', async () => {
    const { engine, containers } = await withSpares({ size: 1 })
    const [name = ''] = await containers()
    const { State } = (await engineRequest('GET', `/containers/${name}/json`)) as { State: { Pid: number } }
    process.kill(State.Pid, 'SIGSTOP')
    let read = 0
    async function* input() {
      read += 1
      yield Buffer.from('x')
    }
    const chunks = input()
    const { container, prepare, start } = portRun(engine, shell('cat'), { input: chunks })
    await prepare()
    const started = start()
    await container.kill()
    await started
    expect(await container.wait()).toMatchObject({ exitCode: 137, oomKilled: false })
    await container.remove()
    expect([read, (await chunks.next()).done]).toEqual([0, true])
  })

  test('that is ended before its start is not started', async () => {
    const { engine } = await withSpares({ size: 1 })
    const { container, prepare, start } = portRun(engine, shell('true'))
    await prepare()
    await container.kill()
    await expect(start()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    await container.remove()
  })

  test('is removed when it is closed before its start', async () => {
    const { driver, ready, containers } = await withSpares({ size: 1 })
    const cookie = await driver.createCookie(shell('true'))
    await cookie.prepare()
    await cookie.close()
    await ready()
    expect(await containers()).toHaveLength(1)
  })
})

describe('a hostile task in a spare container', () => {
  const attacks: Record<string, [string, Partial<Pick<RunResult, 'exitCode' | 'stdout'>>]> = {
    'that kills the launcher changes nothing': ['kill -9 1; echo alive; exit 3', { exitCode: 3, stdout: 'alive\n' }],
    'that stops the launcher changes nothing': ['kill -STOP 1; echo alive; exit 3', { exitCode: 3, stdout: 'alive\n' }],
    'that ends the launcher by its signals gets them itself': [
      "trap 'exit 9' TERM; kill -TERM 1; sleep 0.3; exit 3",
      { exitCode: 9 },
    ],
    'cannot read the token in the memory of the launcher': [
      'cat /proc/1/mem /proc/1/environ /proc/1/maps > /dev/null && exit 3; readlink /proc/1/fd/0 && exit 4; exit 5',
      { exitCode: 5 },
    ],
    'that leaves children behind ends with its own code': [
      'for i in 1 2 3 4 5; do sleep 60 & done; exit 6',
      { exitCode: 6 },
    ],
    'that writes a marker without the token writes what it writes': [
      "printf 'AAAAAAAAAAAAAAAAe\\000'; exit 7",
      { exitCode: 7, stdout: 'AAAAAAAAAAAAAAAAe\0' },
    ],
    'that leaves a child which writes without end ends': ['(while :; do echo x; done) & exit 8', { exitCode: 8 }],
  }
  for (const [name, [script, expected]] of Object.entries(attacks)) {
    for (const user of ['0', '65532']) {
      test(`${name} (user ${user})`, async () => {
        const { executor, adoptions } = await withSpares({ size: 1, user })
        expect(await executor.run(shell(script, { user }))).toMatchObject(expected)
        expect(adoptions.map(([, event]) => event)).toEqual(['adopt'])
      })
    }
  }
})

test('spare containers of a killed process are removed as orphans, and those of a neighbour stay', async () => {
  const script = fileURLToPath(new URL('../../support/children/spares.ts', import.meta.url))
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  const label = `cookietin.instance=${text.toString().trim()}`
  const { engine, containers } = await withSpares()
  await engine.reapOrphans()
  expect(await containersWith(label)).toHaveLength(9)
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await engine.reapOrphans()
  expect(await containersWith(label)).toEqual([])
  expect(await containers()).toHaveLength(2)
}, 60_000)

describe('a template', () => {
  test('runs its task with changes in containers that wait', async () => {
    const { executor, engine, containers } = await setup()
    const events: string[] = []
    engine.transitions$.subscribe(({ machine, event }) => machine === 'adoption' && events.push(event))
    const kind = { image: testImage, disableNet: true, memory: '32m', env: { A: '1' }, timeout: 5_000 } as const
    await using template = executor.template({ ...kind, command: ['sh', '-c', 'echo "$A"; cat'] }, { spares: 2 })
    await template.ready()
    const [plain, changed] = await Promise.all([template.run(), template.run({ env: { A: '2' }, input: 'in' })])
    expect([plain.stdout, changed.stdout, events]).toEqual(['1\n', '2\nin', ['adopt', 'adopt']])
    expect((await template.run({ memory: '64m' })).stdout).toBe('1\n')
    expect(events.at(-1)).toMatch(/^misfit: HostConfig.Memory|poolEmpty/)
    await template.close()
    await executor.onIdle()
    expect(await containers()).toEqual([])
    expect((await template.run()).stdout).toBe('1\n')
  })

  test('tells why its containers cannot be made', async () => {
    const { executor } = await setup()
    await using template = executor.template({ image: 'cookietin-test/none:1', pull: 'never' }, { spares: 2 })
    await expect(template.ready()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND' })
  })

  test('is refused with what no container can have that waits', async () => {
    const { executor } = await setup()
    const refused = (task: object, spares: unknown = 1) => {
      const make = () => executor.template({ image: testImage, ...task }, { spares: spares as number })
      return expect(make)
    }
    refused({}, 0).toThrow(/spares: 0 is not allowed/)
    refused({}, 257).toThrow(/spares/)
    refused({}, null).toThrow(/spares/)
    refused({ init: false }).toThrow(/init: false is not allowed/)
    refused({ pull: 'always' }).toThrow(/pull: 'always' is not allowed/)
    refused({ memory: 'x' }).toThrow(/memory/)
  })

  test('is closed with its executor', async () => {
    const { executor, containers } = await setup()
    const template = executor.template(shell('true'), { spares: 2 })
    const ready = template.ready()
    await executor.close()
    await ready.catch(() => {})
    expect(await containers()).toEqual([])
    expect(() => executor.template(shell('true'), { spares: 1 })).toThrow(/closed/)
  })
})
