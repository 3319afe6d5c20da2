import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { currentHost } from '../../../src/engines/docker/create-options/identity.ts'
import { createDockerDriver, createExecutor, type Execution } from '../../../src/index.ts'
import { currentOwner } from '../../../src/utils/owner.ts'
import { testEngine } from '../../support/engine/docker.ts'
import { containersWith, engineRequest } from '../../support/engine/request.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'

beforeAll(async () => void (await ensureTestImage()))
checkLeaks()

const sh = (script: string, more: object = {}) =>
  ({ image: testImage, command: ['sh', '-c', script], disableNet: true, ...more }) as const
const loop = 'echo up; while :; do sleep 0.05; done'
const polite = `trap 'exit 7' TERM; ${loop}`
const deaf = `trap '' TERM; ${loop}`

async function up(run: Execution): Promise<void> {
  for await (const chunk of run.stdout) if (String(chunk).includes('up')) break
  await new Promise<void>(resolve => run.state$.subscribe(state => state === 'running' && resolve()))
}

test('a program that traps its signal ends with its own exit code, one that ignores it is killed at the grace', async () => {
  await using driver = await createDockerDriver()
  const executor = createExecutor({ driver, concurrency: 10, stopGrace: 5_000 })
  const timeout = executor.run(sh(polite, { timeout: 3_000 }))
  const runs = {
    cancelled: executor.run(sh(polite)),
    ignored: executor.run(sh(deaf, { stopGrace: 300 })),
    other: executor.run(sh(`trap 'exit 9' USR1; ${loop}`, { stopSignal: 'SIGUSR1' })),
    frozen: executor.run(sh(polite)),
    thawed: executor.run(sh(polite, { thaw: true })),
    signalled: executor.run(sh(loop)),
    closed: executor.run(sh(polite)),
  }
  await Promise.all(Object.values(runs).map(up))
  await Promise.all([runs.frozen.freeze(), runs.thawed.freeze()])
  const { closed, signalled, ...rest } = runs
  for (const run of Object.values(rest)) run.cancel()
  await signalled.signal('TERM')
  await timeout
  await executor.close({ force: true })
  const ends = Object.entries({ timeout, ...runs }).map(async ([name, run]) => {
    const { status, exitCode } = await run
    return [name, `${status} ${exitCode}`]
  })
  expect(Object.fromEntries(await Promise.all(ends))).toEqual({
    timeout: 'timeout 7',
    cancelled: 'cancelled 7',
    ignored: 'cancelled 137',
    other: 'cancelled 9',
    frozen: 'cancelled 137',
    thawed: 'cancelled 7',
    signalled: 'error 143',
    closed: 'cancelled 7',
  })
})

test("the container's own stop signal is the default, and its deadline is on it", async () => {
  await using driver = await createDockerDriver({ freezeAllowance: 60_000 })
  await using cookie = await driver.createCookie(
    sh(`trap 'exit 4' USR2; ${loop}`, { timeout: 900_000, stopGrace: 5_000 }),
  )
  Object.assign(cookie.containerOptions, { StopSignal: 'SIGUSR2' })
  const { wait } = await cookie.run()
  for await (const chunk of cookie.stdout) if (String(chunk).includes('up')) break
  const [name = ''] = await containersWith(`cookietin.id=${cookie.id}`)
  const { Config } = (await engineRequest('GET', `/containers/${name}/json`)) as { Config: { Labels: object } }
  const deadline = Number((Config.Labels as Record<string, string>)['cookietin.deadline'])
  expect(deadline - Date.now()).toBeGreaterThan(900_000)
  expect(deadline - Date.now()).toBeLessThanOrEqual(965_000)
  await cookie.cancel()
  expect(await wait()).toMatchObject({ status: 'cancelled', exitCode: 4 })
})

test('what is past its deadline is removed, whoever owns it, also when it is frozen', async () => {
  await using driver = await testEngine()
  const make = async (labels: Record<string, string>) => {
    const body = { Image: testImage, Cmd: ['sleep', '300'], Labels: labels, HostConfig: { NetworkMode: 'none' } }
    const { Id } = (await engineRequest('POST', '/containers/create', body)) as { Id: string }
    await engineRequest('POST', `/containers/${Id}/start`)
    return Id
  }
  const own = { 'cookietin.owner': currentOwner(), 'cookietin.host': currentHost() }
  const made = {
    living: await make({ ...own, 'cookietin.deadline': '1000' }),
    unknown: await make({ 'cookietin.owner': 'who knows', 'cookietin.deadline': '1000' }),
    inTime: await make({ ...own, 'cookietin.deadline': String(Date.now() + 60_000) }),
    nonsense: await make({ ...own, 'cookietin.deadline': 'soon' }),
  }
  try {
    await engineRequest('POST', `/containers/${made.unknown}/pause`)
    const removed = (await driver.engine.reapOrphans()).map(({ id }) => id)
    expect(removed.filter(id => Object.values(made).includes(id)).toSorted()).toEqual(
      [made.living, made.unknown].toSorted(),
    )
  } finally {
    for (const id of Object.values(made)) await engineRequest('DELETE', `/containers/${id}?force=1`).catch(() => {})
  }
})

const script = fileURLToPath(new URL('../../support/children/stopped.ts', import.meta.url))

test("a process that exits with closeOn: ['exit'] leaves its containers to a gc of its own, which removes them and no others", async () => {
  const [id, neighbour] = ['stopped-exit-gc', 'stopped-neighbour']
  await using driver = await testEngine()
  const other = driver.container({ id: neighbour, command: ['sleep', '60'] })
  await other.prepare(new AbortController().signal)
  const child = spawn(process.execPath, [script, 'exit with gc', id], { stdio: 'ignore' })
  expect((await once(child, 'close'))[0]).toBe(3)
  await expect.poll(() => containersWith(`cookietin.id=${id}`), { timeout: 20_000 }).toEqual([])
  expect(await containersWith(`cookietin.id=${neighbour}`)).toHaveLength(1)
  await other.remove()
})

test.each([
  ['SIGINT', 130, 'cancelled 7'],
  ['SIGTERM', 143, 'cancelled 7'],
  ['throw', 1, 'cancelled 7'],
  ['exit', 3, ''],
  ['SIGKILL', null, ''],
] as const)(
  'a process that ends by %s ends with %s, and its containers end with it or with gc',
  async (end, code, said) => {
    const id = `stopped-${end.toLowerCase()}`
    const child = spawn(process.execPath, [script, end, id], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const isUp = new Promise<void>(resolve => {
      child.stdout.on('data', chunk => {
        output += String(chunk)
        if (output.includes('up')) resolve()
      })
    })
    let errors = ''
    child.stderr.on('data', chunk => {
      errors += String(chunk)
    })
    const ended = once(child, 'close')
    await Promise.race([isUp, ended])
    if (end.startsWith('SIG')) child.kill(end as NodeJS.Signals)
    expect([(await ended)[0], output.trim().split('\n').slice(1).join()]).toEqual([code, said])
    if (end === 'throw') expect(errors).toContain('uncaught in the test')
    const left = await containersWith(`cookietin.id=${id}`)
    expect(left).toHaveLength(said === '' ? 1 : 0)
    await using driver = await testEngine()
    await driver.engine.reapOrphans()
    expect(await containersWith(`cookietin.id=${id}`)).toEqual([])
  },
)
