import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DockerConfig } from '../../../src/engines/docker/config/docker-config.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { live, testEngine } from '../../support/engine/docker.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { makeProbeImage, probeImage } from '../../support/images/probe-image.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'
import { openByDefault, openWhenHardened } from '../../support/security/open-attacks.ts'

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

describe('37 attacks from inside a container', () => {
  test('leave two open under the hardened profile', async () => {
    expect(await open({ profile: 'hardened' })).toEqual(openWhenHardened)
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
