import { expect, it } from 'vitest'
import type { AnyActorRef, InspectionEvent } from 'xstate'
import { createMockDriver } from '../../../src/driver/testing.ts'
import { createExecutor } from '../../../src/index.ts'
import { innermost } from '../../../src/utils/actors/follow-state.ts'

/**
 * The strings that a printer can reach from a value, through hidden fields and collections, too. Visits each object
 * once.
 */
function stringsIn(root: unknown): string[] {
  const strings: string[] = []
  const seen = new Set<unknown>([root])
  // A set that grows while it is walked.
  for (const value of seen) {
    if (typeof value === 'string') strings.push(value)
    if (value instanceof Map || value instanceof Set) for (const item of [...value].flat()) seen.add(item)
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue
    for (const key of Reflect.ownKeys(value)) {
      seen.add(key)
      seen.add(Reflect.getOwnPropertyDescriptor(value, key)?.value)
    }
  }
  return strings
}

it('shows an inspector every event of every cookie, without secrets', async () => {
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
  const strings = stringsIn(events)
  expect(strings).toContain(id)
  expect(strings.filter(text => text.includes(secret))).toEqual([])
  expect(JSON.stringify(events)).not.toContain(secret)
})

it('accepts an inspector in the form of an observer', async () => {
  await using driver = createMockDriver()
  await using executor = createExecutor({ driver, inspect: { next: () => {} } })
  expect((await executor.run({ image: 'mock' })).status).toBe('success')
})
