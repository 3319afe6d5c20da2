import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { resolveDockerConfig } from '../../../src/engines/docker/config/config.ts'
import { currentHost } from '../../../src/engines/docker/create-options/identity.ts'
import { createDockerEngine } from '../../../src/engines/docker/engine.ts'
import { currentOwner } from '../../../src/utils/owner.ts'
import { noEvents, streamsOf, testEngine } from '../../support/engine/docker.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'

checkLeaks()

/** A process with a running container, and the container's name. */
async function otherProcess(...args: string[]) {
  const script = fileURLToPath(new URL('../../support/children/orphans.ts', import.meta.url))
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  const kill = async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return { name: text.toString().trim(), kill }
}

async function createWith(labels: Record<string, string>): Promise<string> {
  await ensureTestImage()
  const made = (await engineRequest('POST', '/containers/create', { Image: testImage, Labels: labels })) as {
    Id: string
  }
  return made.Id
}

const exists = (name: string) =>
  engineRequest('GET', `/containers/${name}/json`).then(
    () => true,
    () => false,
  )

test('containers of a killed process are listed, then removed; those of a live process are kept', async () => {
  await using driver = await testEngine()
  const [dead, living] = [await otherProcess(), await otherProcess()]
  await dead.kill()
  try {
    const mine = ({ name }: { name: string }) => name === dead.name || name === living.name
    const listed = await driver.engine.reapOrphans({ dryRun: true })
    expect(listed.filter(mine)).toMatchObject([{ name: dead.name, state: 'running', removed: false }])
    expect(await exists(dead.name)).toBe(true)
    const reaped = await driver.engine.reapOrphans()
    expect(reaped.filter(mine)).toMatchObject([{ name: dead.name, removed: true }])
    expect([await exists(dead.name), await exists(living.name)]).toEqual([false, true])
  } finally {
    await living.kill()
    await driver.engine.reapOrphans()
  }
  expect(await exists(living.name)).toBe(false)
})

test('a container that a killed process has frozen by its file is thawed and removed, whatever the freezer of who removes it', async () => {
  for (const freezer of ['engine', 'cgroup'] as const) {
    const dead = await otherProcess('cgroup')
    await dead.kill()
    const state = () => engineRequest('GET', `/containers/${dead.name}/json`)
    expect(await state()).toMatchObject({
      State: { Status: 'running' },
      Config: { Labels: { 'cookietin.freezer': 'cgroup' } },
    })
    await using driver = await testEngine({ freezer })
    await driver.engine.reapOrphans()
    await expect.poll(() => exists(dead.name)).toBe(false)
  }
})

test('a new driver removes orphans by itself', async () => {
  const dead = await otherProcess()
  await dead.kill()
  const engine = await createDockerEngine(resolveDockerConfig({}, process.env))
  await expect.poll(() => exists(dead.name)).toBe(false)
  await engine.close()
})

test('containers without labels, of this process, of another host, or of an invisible process are kept', async () => {
  await using driver = await testEngine()
  const own = driver.container({ command: ['sleep', '300'] })
  await own.prepare(new AbortController().signal)
  await own.start(streamsOf(), noEvents)
  const [boot = '', pid, start, namespace = ''] = currentOwner().split('/')
  const dead = [boot, '2147483646', '1', namespace].join('/')
  const otherBoot = ['0b0e58b2-0000-4000-8000-000000000000', pid, start, namespace].join('/')
  const label = (owner: string, host = currentHost()) => ({ 'cookietin.owner': owner, 'cookietin.host': host })
  const made = {
    unlabelled: await createWith({}),
    otherHost: await createWith(label(otherBoot, 'another')),
    unknownHost: await createWith(label(otherBoot, '-')),
    otherNamespace: await createWith(label([boot, '2147483646', '1', '4242'].join('/'))),
    nonsense: await createWith(label('who knows')),
    dead: await createWith(label(dead)),
  }
  try {
    const ids = (await driver.engine.reapOrphans({ dryRun: true })).map(({ id }) => id)
    expect(ids.filter(id => Object.values(made).includes(id))).toEqual([made.dead])
    if (currentHost() !== '-') {
      const before = await createWith(label(otherBoot))
      expect(await driver.engine.reapOrphans()).toEqual(
        expect.arrayContaining([expect.objectContaining({ id: before, removed: true })]),
      )
    }
  } finally {
    for (const id of Object.values(made)) await engineRequest('DELETE', `/containers/${id}`).catch(() => {})
    await own.remove()
  }
})
