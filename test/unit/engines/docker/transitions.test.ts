import { expect, test, vi } from 'vitest'
import { resolveDockerConfig } from '../../../../src/engines/docker/config/config.ts'
import { createDockerEngine } from '../../../../src/engines/docker/engine.ts'
import { resolveTask } from '../../../../src/task/resolve-task.ts'
import { startFakeEngine } from '../../../support/engine/fake.ts'

test('what the engine warns of at create is a transition each time, and a warning of the process once', async () => {
  const text = 'Your kernel does not support memory limit capabilities. Limitation discarded.'
  await using fake = await startFakeEngine(({ url }) =>
    url.startsWith('/containers/create') ? { Id: 'a'.repeat(64), Warnings: [text, 'The token is hunter22'] } : {},
  )
  const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const engine = await createDockerEngine(resolveDockerConfig({ docker: fake.address }, {}), {})
  const seen: unknown[] = []
  engine.transitions$.subscribe(({ machine, id, event }) => seen.push([machine, id, event]))
  for (const id of ['one', 'two']) {
    const container = engine.container(resolveTask({ image: 'x', id, memory: '64m', env: { TOKEN: 'hunter22' } }))
    await container.prepare(new AbortController().signal)
    await container.remove()
  }
  await engine.close()
  expect(seen).toEqual(
    ['one', 'two'].flatMap(id => [
      ['warning', id, text],
      ['warning', id, 'The token is •••'],
    ]),
  )
  expect(emitted.mock.calls.map(([warning]) => String(warning))).toEqual([
    `The Docker Engine warns: ${text}`,
    'The Docker Engine warns: The token is •••',
  ])
  emitted.mockRestore()
})

test.for([null, undefined, 'text', {}])('an engine without warnings is taken as it is: %s', async Warnings => {
  await using fake = await startFakeEngine(({ url }) =>
    url.startsWith('/containers/create') ? { Id: 'a'.repeat(64), Warnings } : {},
  )
  const engine = await createDockerEngine(resolveDockerConfig({ docker: fake.address }, {}), {})
  const container = engine.container(resolveTask({ image: 'x' }))
  await container.prepare(new AbortController().signal)
  await container.remove()
  await engine.close()
})
