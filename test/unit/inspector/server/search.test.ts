import { expect, it } from 'vitest'
import { assign, createActor, createMachine } from 'xstate'
import { search } from '../../../../src/inspector/server/search.ts'
import { makeInspectable } from '../../../../src/utils/actors/inspectable.ts'
import { newHub } from '../setup.ts'

const machine = createMachine({
  id: 'oven',
  context: { last: '', password: 'open-sesame' },
  initial: 'on',
  states: { on: { on: { bake: { actions: assign({ last: ({ event }) => event.recipe }) }, out: 'off' } }, off: {} },
})

it('finds what the pages are shown, of living actors and of those at their end, and never a secret', async () => {
  const hub = newHub()
  for (const id of ['first', 'second']) {
    const actor = createActor(machine, { id, inspect: hub.inspect })
    makeInspectable(actor, { secrets: ['grandma-3'] })
    actor.start()
    actor.send({ type: 'bake', recipe: `${id} loaf of grandma-3`, password: 'open-sesame' })
    if (id === 'first') actor.stop()
  }
  const { signal } = new AbortController()
  const find = async (text: string, until?: string) => {
    const { found } = await search(hub, { text, until, signal })
    return found.map(({ id, event, where, excerpt }) => [id, event, where, excerpt].join(' '))
  }
  expect(await find('LOAF first')).toEqual(['first bake data {"recipe":"first loaf of •••","password":"•••"}'])
  expect((await find('loaf')).map(line => line.split(' ')[0])).toEqual(['second', 'first'])
  expect((await find('last recipe')).length).toBe(2)
  for (const secret of ['grandma', 'grandma-3', 'sesame', 'mma-']) expect(await find(secret)).toEqual([])
  expect(await find('loaf', '5')).toEqual([])
  expect((await find('loaf', 'soon')).length).toBe(2)
  expect(await search(hub, { text: undefined, until: undefined, signal })).toMatchObject({ found: [], actors: 2 })
  hub.close()
})
