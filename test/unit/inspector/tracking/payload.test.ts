import { filter, firstValueFrom } from 'rxjs'
import { expect, it } from 'vitest'
import { createMockDriver } from '../../../../src/driver/testing.ts'
import { CookietinError, createExecutor } from '../../../../src/index.ts'
import type { Snapshot } from '../../../../src/inspector/protocol.ts'
import { payloadOf, showable } from '../../../../src/inspector/tracking/payload.ts'
import { Listener, newHub } from '../setup.ts'

it('masks the values of the environment and the credentials everywhere', async () => {
  const hub = newHub()
  const listener = new Listener()
  hub.join(listener)
  const [env, password, extension, listed] = ['hunter2-env', 'hunter2-password', 'hunter2-extension', 'S3cret']
  await using driver = createMockDriver({
    broken: { startError: new Error(`cannot start with ${env}`) },
    '*': { runFor: Infinity },
  })
  await using executor = createExecutor({ driver, inspect: hub.inspect })
  const task = {
    env: { PART: 'hunter2', TOKEN: env },
    auth: { username: 'me', password },
    extensions: { key: extension },
    secrets: [listed],
    command: ['login', `--password=${password}`, env, extension, listed],
  }
  await executor.run({ ...task, id: 'broken', image: 'broken' }).catch(() => {})
  const execution = executor.run({ ...task, id: 'cancelled', image: 'long' })
  await firstValueFrom(execution.state$.pipe(filter(state => state === 'running')))
  execution.cancel({
    because: `of ${password}`,
    [`by ${env}`]: 1,
    nested: { env: { TOKEN: env } },
    error: new Error(extension),
  })
  await execution
  await executor.onIdle()
  const late = new Listener()
  hub.join(late)
  const { actors } = late.messages[1] as Snapshot
  const told = JSON.stringify([listener.messages, late.messages, actors.map(({ key }) => hub.get(key)?.details)])
  expect(told).toContain('cannot start with •••')
  expect(told).toContain('login --password=••• ••• ••• •••')
  expect(told).not.toMatch(/hunter2|S3cret/)
  hub.close()
})

it('masks fields that hold secrets by their name, and bounds what it shows', () => {
  expect(showable({ authToken: 'x', PASSWORD: 'y', env: { A: '1' }, deep: { a: { b: { c: { d: 1 } } } } })).toEqual({
    authToken: '•••',
    PASSWORD: '•••',
    env: '•••',
    deep: { a: { b: { c: '(…)' } } },
  })
  expect(showable('x'.repeat(1_000))).toBe(`${'x'.repeat(300)}… (1000 characters)`)
  expect(showable(Array.from({ length: 100 }, (_, n) => n))).toHaveLength(25)
  expect(showable(new Uint8Array(5))).toBe('(5 bytes)')
  expect(showable(new Map())).toBe('(Map)')
  expect(showable(10n)).toBe('10n')
  const many = (depth: number): unknown =>
    depth === 0 ? 'x'.repeat(500) : Array.from({ length: 20 }, () => many(depth - 1))
  expect(JSON.stringify(showable(many(4))).length).toBeLessThan(20_000)
  const circle: { self?: unknown } = {}
  circle.self = circle
  expect(JSON.stringify(showable(circle))).toContain('(…)')
  const trap = {
    get x(): never {
      throw new Error('no')
    },
  }
  expect(showable(trap)).toBe('(cannot be shown)')
})

it('shows the data of an event; undefined for an event without data', () => {
  expect(payloadOf({ type: 'freeze' })).toBeUndefined()
  expect(payloadOf({ type: 'xstate.done.actor.x', actorId: 'x', output: undefined })).toBeUndefined()
  expect(payloadOf({ type: 'lost', error: new TypeError('gone', { cause: 'far away' }) })).toEqual({
    error: { error: 'TypeError', message: 'gone', cause: 'far away' },
  })
})

it('does not show what an auth function threw', () => {
  const cause = new TypeError('no password CANARY for me')
  const error = new CookietinError('ERR_COOKIETIN_IMAGE_AUTH', 'Could not pull x: its auth function failed', { cause })
  expect(showable({ error })).toMatchObject({
    error: { code: 'ERR_COOKIETIN_IMAGE_AUTH', cause: { error: 'TypeError' } },
  })
  expect(JSON.stringify(showable({ error }))).not.toContain('CANARY')
  const text = new CookietinError('ERR_COOKIETIN_IMAGE_AUTH', 'Could not pull x', { cause: 'CANARY' })
  expect(JSON.stringify(showable(text))).not.toContain('CANARY')
})
