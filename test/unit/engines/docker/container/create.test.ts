import { expect, test, vi } from 'vitest'
import { createDockerDriver, createExecutor } from '../../../../../src/index.ts'
import { startFakeContainerEngine } from '../../../../support/engine/fake-containers.ts'
import { startProxy } from '../../../../support/engine/proxy.ts'
import { checkLeaks } from '../../../../support/leaks/hooks.ts'

checkLeaks()

const create = /^POST \/containers\/create/

/** A run whose create call loses its connection while the engine makes the container, which takes a while. */
async function cutCreation(atCut: (cancel: () => void) => void) {
  await using engine = await startFakeContainerEngine({ creation: 300 })
  await using proxy = await startProxy(engine.socketPath)
  const driver = await createDockerDriver({ docker: `unix://${proxy.socketPath}` })
  const executor = createExecutor({ driver })
  const run = executor.run({ image: 'any', env: { EXIT: '3' } })
  await vi.waitFor(() => expect(proxy.open(create)).toBe(1), { interval: 5 })
  proxy.killAll(create)
  atCut(() => run.cancel())
  const { status, exitCode } = await run
  await executor.close()
  await driver.close()
  await vi.waitFor(() => expect(engine.creations).toBe(0), { interval: 5 })
  return { status, exitCode, left: engine.containers }
}

test('a container that the engine still makes when the connection is cut is waited for', async () => {
  expect(await cutCreation(() => {})).toEqual({ status: 'error', exitCode: 3, left: [] })
})

test('a container that the engine still makes when the connection is cut, and the run is cancelled, is removed', async () => {
  expect(await cutCreation(cancel => cancel())).toEqual({ status: 'cancelled', exitCode: undefined, left: [] })
})
