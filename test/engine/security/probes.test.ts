import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DockerConfig } from '../../../src/engines/docker/config/config.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { live, testEngine } from '../../support/engine/docker.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { makeProbeImage, probeImage } from '../../support/images/probe-image.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'

checkLeaks()

beforeAll(makeProbeImage)
afterAll(() => engineRequest('DELETE', `/images/${probeImage}?force=true`))

/** The attacks of test/fixtures/security/probes.c that succeed. */
async function open(task: Partial<ContainerTask>, config: DockerConfig = {}): Promise<string[]> {
  await using given = await testEngine(config)
  const container = given.container({ image: probeImage, disableNet: false, ...task })
  const { stdout, exit } = await live(container)
  await container.remove()
  const lines = stdout.trim().split('\n')
  expect([exit.exitCode, lines.length]).toEqual([0, 37])
  return lines.filter(line => line.startsWith('open ')).map(line => line.slice('open '.length))
}

/** What the hardened profile leaves open, and why it is harmless. SECURITY.md lists the same. */
const openWhenHardened = {
  'write to /tmp': '64 MiB of memory with at most 16,384 files, of which none can be executed',
  'bind a low port': 'of a loopback interface that nothing else can reach',
}

/** What is open by default: the container is a folder and a network of its own, in which its root user may do as it likes. */
const openByDefault = [
  'write to the root',
  'write to /etc/passwd',
  'write to /tmp',
  'run a file in /tmp',
  'write to /dev or /dev/shm',
  'bind a low port',
  'use a network',
  'start 128 processes more',
  'open more than 1024 files',
  'write 80 MiB to a disk',
  'make 20,000 files',
]

describe('37 attacks from inside a container', () => {
  test('leave two open under the hardened profile', async () => {
    expect(await open({ profile: 'hardened' })).toEqual(Object.keys(openWhenHardened))
  })

  test('leave open by default what stays in the container', async () => {
    expect(await open({})).toEqual(openByDefault)
  })

  test('leave no more open by default to an ordinary user', async () => {
    const own = ['write to the root', 'write to /etc/passwd']
    expect(await open({ user: '1000:1000' })).toEqual(openByDefault.filter(name => !own.includes(name)))
  })

  test('find what allow opens', async () => {
    const opened = await open({ user: '0' }, { allow: ['capabilities', 'new-privileges'], pids: 0 })
    expect(opened).toEqual(
      expect.arrayContaining([
        'change the root',
        'become another user',
        'have a capability',
        'give a file away',
        'make a device',
        'open a raw socket',
      ]),
    )
    const toUsers = await open({ user: '1000:1000' }, { allow: 'new-privileges' })
    expect(toUsers).toContain('become root by a set-uid program')
  })
})
