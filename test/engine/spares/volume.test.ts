import { expect, test } from 'vitest'
import type { DockerEngineDriver } from '../../../src/driver/docker-driver.ts'
import { createDockerDriver } from '../../../src/index.ts'
import { type Fault, startProxy } from '../../support/engine/proxy.ts'
import { containersWith, engineRequest } from '../../support/engine/request.ts'
import { ensureTestImage } from '../../support/images/images.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'
import { spareShell, untilReady } from './setup.ts'

checkLeaks()

/** The calls that fill the volume of the launcher. */
const calls: Readonly<Record<string, RegExp>> = {
  'the volume is made': /^POST \/volumes\/create/,
  'the image is made': /^POST \/images\/create/,
  'the container that fills it is created': /^POST \/containers\/create\?name=cookietin-\w+-launcher-/,
  'that container is removed': /^DELETE \/containers\//,
  'the image is removed': /^DELETE \/images\//,
}
const faults: readonly Fault[] = ['cutBefore', 'cutAfter', 'error500', 'cutJson']

test.each(Object.entries(calls).flatMap(([title, call]) => faults.map(fault => ({ title, call, fault }))))(
  'when $title, the fault $fault delays spare containers and leaves nothing',
  async ({ call, fault }) => {
    await ensureTestImage()
    await using proxy = await startProxy()
    let isMet = false
    proxy.plan = (method, path) => {
      if (isMet || !call.test(`${method} ${path}`)) return undefined
      isMet = true
      return fault
    }
    const driver = (await createDockerDriver({
      docker: `unix://${proxy.socketPath}`,
      spares: [{ ...spareShell, size: 1 }],
    })) as DockerEngineDriver
    await untilReady(driver.engine, 1)
    await driver.close()
    expect(isMet).toBe(true)
    expect(await containersWith(`cookietin.instance=${driver.engine.instance}`)).toEqual([])
    expect(await engineRequest('GET', '/images/json?filters={"reference":["cookietin-launcher-*"]}')).toEqual([])
  },
)
