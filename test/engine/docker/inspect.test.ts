import { expect, it } from 'vitest'
import { createDockerDriver, createExecutor } from '../../../src/index.ts'
import type { Snapshot } from '../../../src/inspector/protocol.ts'
import { ensureTestImage } from '../../support/images.ts'
import { Listener, newHub } from '../../unit/inspector/rig.ts'

it('shows an inspector the actors that the driver keeps beside its cookies, too', async () => {
  const image = await ensureTestImage()
  const hub = newHub()
  const driver = await createDockerDriver({ preForkPoolSize: 1 }, { inspect: hub.inspect })
  const executor = createExecutor({ driver, inspect: hub.inspect })
  const { status } = await executor.run({ image, command: ['true'], pull: 'never', id: 'the-bun' })
  await executor.run({ image: 'no-such-image:at-all', pull: 'never' }).catch(() => {})
  await executor.close()
  await driver.close()
  const listener = new Listener()
  hub.join(listener)
  const { machines, actors } = listener.messages[1] as Snapshot
  expect(status).toBe('success')
  expect(Object.keys(machines).sort()).toEqual(['buddy', 'cookie', 'image'])
  expect(actors.find(({ id }) => id === 'the-bun')).toMatchObject({ image, state: 'closed', status: 'success' })
  expect(actors.find(({ machine }) => machine === 'image')).toMatchObject({
    image: expect.stringContaining('no-such-image'),
    over: true,
  })
  expect(actors.find(({ machine }) => machine === 'buddy')).toMatchObject({ id: 'buddy-0', over: true })
  hub.close()
})
