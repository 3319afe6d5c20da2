import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import type { AnyActorRef, InspectionEvent } from 'xstate'
import { createExecutor } from '../../../src/index.ts'
import { createMockDriver } from '../../../src/testing.ts'
import { innermost } from '../../../src/utils/actors/follow-state.ts'

it('shows an inspector every event of every cookie, and no secret of any task', async () => {
  const events: InspectionEvent[] = []
  await using driver = createMockDriver({ stdout: 'hi' })
  const executor = createExecutor({ driver, inspect: event => events.push(event) })
  const secret = 'hunter2'
  const task = { image: 'mock', env: { TOKEN: secret }, input: secret, auth: { username: 'me', password: secret } }
  const { id } = await executor.run(task)
  await executor.close()
  const states = events.flatMap(event =>
    event.type === '@xstate.snapshot' && (event.actorRef as AnyActorRef).id === id
      ? [innermost((event.snapshot as { readonly value?: unknown }).value)]
      : [],
  )
  expect([...new Set(states)]).toEqual([
    'created',
    'preparing',
    'prepared',
    'starting',
    'running',
    'done',
    'closing',
    'closed',
  ])
  expect(inspect(events, { depth: 7, showHidden: true })).not.toContain(secret)
  expect(JSON.stringify(events)).not.toContain(secret)
})

it('takes an inspector in the form of an observer, too', async () => {
  await using driver = createMockDriver()
  await using executor = createExecutor({ driver, inspect: { next: () => {} } })
  expect((await executor.run({ image: 'mock' })).status).toBe('success')
})
