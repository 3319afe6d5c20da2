import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { HotFunction } from '../../../src/index.ts'
import { transition as next, setup } from './setup.ts'

const countOf = async (fn: HotFunction) => Number(await (await fn.invoke({ timeout: 20_000 })).text())

/** Longer than Fn keeps a connection without a request, in ms. */
const idleSpell = 1_200

describe('a server that handles one connection after the other and does not forgive an empty one', () => {
  it.each([
    ['once', 'linked', ''],
    ['once', 'plain', ''],
    ['once', 'plain', '1'],
    ['each', 'linked', ''],
    ['each', 'plain', ''],
    ['each', 'plain', '1'],
  ])('serves every call from one container: %s, %s socket, late: %o', async (KIND, SOCKET, LATE) => {
    const { make, executor } = await setup()
    const command = ['/function/serial']
    await using fn = make('serial', { command, env: { KIND, SOCKET, LATE }, freezeAfter: 10 })
    await fn.prewarm(1)
    const frozen = next(executor, ({ to }) => to === 'frozen')
    expect(await countOf(fn)).toBe(1)
    await frozen
    await sleep(idleSpell)
    expect([await countOf(fn), await countOf(fn)]).toEqual([2, 3])
  })
})

it('a server that answers idle connections with 408 gets its first call long after it has listened', async () => {
  const { make, executor } = await setup()
  await using fn = make('impatient', { freezeAfter: 10 })
  const frozen = next(executor, ({ to }) => to === 'frozen')
  await fn.prewarm(1)
  await frozen
  await sleep(idleSpell)
  expect(await countOf(fn)).toBe(1)
})

it('a server that closes the connection of a call that it has answered gets a new one for the next', async () => {
  const { make, executor } = await setup()
  await using fn = make('impatient', { freezeAfter: 10 })
  expect(await countOf(fn)).toBe(1)
  for (const count of [2, 3]) {
    await next(executor, ({ to }) => to === 'frozen')
    await sleep(idleSpell)
    expect(await countOf(fn)).toBe(count)
  }
})
