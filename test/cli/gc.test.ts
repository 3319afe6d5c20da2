import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliRun, cli, startCli } from '../support/cli.ts'
import { containersWith, engineRequest } from '../support/engine/request.ts'
import { ensureFunctionImage } from '../support/images/function-image.ts'
import { ensureTestImage, testImage } from '../support/images/images.ts'

beforeAll(async () => void (await ensureTestImage()))

const strangers: string[] = []
afterAll(async () => {
  for (const id of strangers) await engineRequest('DELETE', `/containers/${id}?force=true`)
})

const task = (id: string) =>
  JSON.stringify({ id, image: testImage, command: ['sh', '-c', 'echo up; exec sleep 300'], disableNet: true })

const isRunning = async (id: string) => {
  const filters = JSON.stringify({ label: [`cookietin.id=${id}`], status: ['running'] })
  return (
    ((await engineRequest('GET', `/containers/json?filters=${encodeURIComponent(filters)}`)) as unknown[]).length === 1
  )
}

/**
 * Starts a batch and waits until the engine reports all of its tasks as running: a batch prints nothing before they
 * end.
 */
async function startBatch(ids: readonly string[]): Promise<CliRun> {
  const run = startCli(['batch', '--json', '--concurrency', String(ids.length)], { input: ids.map(task).join('\n') })
  while (!(await Promise.all(ids.map(isRunning))).every(Boolean)) await sleep(100)
  return run
}

test('lists the volumes of runs that no container uses, and no others', async () => {
  const [ours, others] = ['cookietin-gc-ours', 'cookietin-gc-others']
  await engineRequest('POST', '/volumes/create', { Name: ours, Labels: { 'cookietin.volume': '1' } })
  await engineRequest('POST', '/volumes/create', { Name: others })
  try {
    const { code, stdout } = await cli(['gc', '--volumes', '--dry-run'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^would remove +cookietin-gc-ours +volume/m)
    expect(stdout).not.toContain(others)
    expect((await cli(['gc', '--dry-run'])).stdout).not.toContain(ours)
    expect((await cli(['gc', '--volumes', '--driver', 'process'])).stderr).toContain(
      'the process driver has no volumes',
    )
  } finally {
    for (const name of [ours, others]) await engineRequest('DELETE', `/volumes/${name}`)
  }
})

test('removes the containers of a killed process, but none of a living process or without labels', async () => {
  const killedIds = Array.from({ length: 8 }, (_, n) => `gc-killed-${n}`)
  const { Id } = (await engineRequest('POST', '/containers/create', { Image: testImage, Cmd: ['true'] })) as {
    Id: string
  }
  strangers.push(Id)
  const killed = await startBatch(killedIds)
  const living = await startBatch(['gc-living'])
  killed.process.kill('SIGKILL')
  await killed.end

  // The engine may have other orphans, so only the lines of this test count.
  const ours = (stdout: string) => stdout.split('\n').filter(line => /gc-(killed|living)/.test(line))
  const dry = await cli(['gc', '--dry-run'])
  expect(dry).toMatchObject({ code: 0, stderr: '' })
  expect(ours(dry.stdout)).toHaveLength(8)
  expect(dry.stdout).toMatch(/^(would remove .*\n)+\d+ containers would be removed\.\n$/)
  for (const id of killedIds) expect(await containersWith(`cookietin.id=${id}`)).toHaveLength(1)

  const json = await cli(['gc', '--dry-run', '--json'])
  expect(ours(json.stdout).map(line => JSON.parse(line) as object)).toMatchObject(
    Array.from(killedIds, () => ({ state: 'running', removed: false })),
  )

  const { code, stdout, stderr } = await cli(['gc'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(ours(stdout)).toHaveLength(8)
  expect(stdout).toMatch(/^(removed .*\n)+\d+ containers removed\.\n$/)
  for (const id of killedIds) expect(await containersWith(`cookietin.id=${id}`)).toEqual([])
  expect(await containersWith('cookietin.id=gc-living')).toHaveLength(1)
  await engineRequest('GET', `/containers/${Id}/json`)

  living.process.kill('SIGTERM')
  expect((await living.end).code).toBe(143)
  expect(ours((await cli(['gc'])).stdout)).toEqual([])
})

/** A process with containers in every state: its own folder of temporary files, and its containers by their states. */
async function everyState(freezer: string) {
  await ensureFunctionImage()
  const TMPDIR = await mkdtemp(join(tmpdir(), 'ct-'))
  const script = fileURLToPath(new URL('../support/children/every-state.ts', import.meta.url))
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR, COOKIETIN_FREEZER: freezer },
  })
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  const label = [`cookietin.instance=${String(text).trim()}`]
  const states = async () => {
    const path = `/containers/json?all=true&filters=${encodeURIComponent(JSON.stringify({ label }))}`
    return ((await engineRequest('GET', path)) as { State: string }[]).map(({ State }) => State).sort()
  }
  const folders = async () => (await readdir(TMPDIR)).filter(name => name.startsWith('cookietin-sockets-'))
  const ended = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return { TMPDIR, states, folders, kill }
}

test.each([
  ['engine', 'paused'],
  // The engine does not know of a container that is frozen by its control group's file.
  ['cgroup', 'running'],
])(
  'removes all of a killed process, in every state, and nothing of its neighbour (freezer: %s)',
  async (freezer, frozen) => {
    const [killed, living] = [await everyState(freezer), await everyState(freezer)]
    const all = ['created', 'exited', frozen, frozen, 'running', 'running', 'running', 'running']
    try {
      expect([await killed.states(), await living.states()]).toEqual([all, all])
      await killed.kill()
      expect(await killed.states()).toEqual(all)
      const { code, stderr } = await cli(['gc'], { env: { TMPDIR: killed.TMPDIR } })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect([await killed.states(), await killed.folders()]).toEqual([[], []])
      expect([await living.states(), (await living.folders()).length]).toEqual([all, 1])
    } finally {
      await killed.kill()
      await living.kill()
      for (const { TMPDIR } of [killed, living]) await cli(['gc'], { env: { TMPDIR } })
    }
    expect([await living.states(), await living.folders()]).toEqual([[], []])
    for (const { TMPDIR } of [killed, living]) await rm(TMPDIR, { recursive: true })
  },
)

test('removes the socket folders of a killed process', async () => {
  const TMPDIR = await mkdtemp(join(tmpdir(), 'ct-'))
  const run = startCli(['invoke', '--network', 'none', testImage, '--', 'sh', '-c', 'echo up; sleep 300'], {
    env: { TMPDIR },
  })
  await run.untilStderr('up')
  run.process.kill('SIGKILL')
  await run.end
  const [folder = ''] = (await readdir(TMPDIR)).filter(name => name.startsWith('cookietin-sockets-'))
  const path = join(TMPDIR, folder)
  const dry = await cli(['gc', '--dry-run'], { env: { TMPDIR } })
  expect(dry.stdout).toMatch(new RegExp(`^would remove +${path} +folder$`, 'm'))
  const json = (await cli(['gc', '--dry-run', '--json'], { env: { TMPDIR } })).stdout.trim().split('\n')
  expect(json.map(line => JSON.parse(line) as object)).toContainEqual({ path, removed: false })
  const { code, stdout } = await cli(['gc'], { env: { TMPDIR } })
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`^removed +${path} +folder$`, 'm'))
  expect((await readdir(TMPDIR)).filter(name => name.startsWith('cookietin'))).toEqual([])
  await rm(TMPDIR, { recursive: true })
})

test('ends the processes of a killed process driver, but none of a living one', async () => {
  const start = async (mark: string) => {
    const run = startCli(['run', '--driver', 'process', 'none', 'sh', '-c', `echo up; sleep 300 & wait # ${mark}`])
    await run.untilStdout('up')
    return run
  }
  const [killed, living] = [await start('gc-process-killed'), await start('gc-process-living')]
  killed.process.kill('SIGKILL')
  await new Promise(resolve => killed.process.once('exit', resolve))
  const dry = await cli(['gc', '--driver', 'process', '--dry-run'])
  expect(dry.stdout).toMatch(/^would end {2}\d+ {2}sh -c echo up; sleep 300 & wait # gc-process-killed$/m)
  expect(dry.stdout).not.toContain('gc-process-living')
  expect(await cli(['gc', '--driver', 'process'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ended {2}\d+ {2}sh -c .*gc-process-killed$/m) as string,
  })
  expect((await cli(['gc', '--driver', 'process', '--dry-run'])).stdout).not.toContain('gc-process')
  living.process.kill('SIGTERM')
  expect((await living.end).code).toBe(143)
  await killed.end
})

test('exits with 125 without an engine', async () => {
  const { code, stderr } = await cli(['gc'], { env: { DOCKER_HOST: 'unix:///no/such/socket' } })
  expect(code).toBe(125)
  expect(stderr).toContain('/no/such/socket')
})
