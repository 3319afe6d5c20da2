import { expect, it } from 'vitest'
import { type AnyActorRef, createActor, setup, waitFor } from 'xstate'
import { actorParts } from '../../../../src/utils/actors/actor-parts.ts'

const parts = actorParts<{ readonly word: string }>()
const machine = setup({
  types: { context: {} as { readonly heard: string } },
  actors: { read: parts.promise(async ({ word }, { signal }, actor) => `${word} of ${actor.id}, ${signal.aborted}`) },
}).createMachine({
  id: 'reader',
  context: { heard: '' },
  initial: 'reading',
  states: {
    reading: { invoke: { src: 'read', input: ({ self }) => self as AnyActorRef, onDone: 'done', onError: 'failed' } },
    done: { type: 'final' },
    failed: { type: 'final' },
  },
  output: ({ event }) => event,
})

it('keeps the parts of each actor outside of its context', async () => {
  const results = ['one', 'two'].map(async word => {
    const actor = createActor(machine, { id: `reader ${word}` })
    parts.assign(actor, { word })
    const events: unknown[] = []
    actor.system.inspect(
      event => event.type === '@xstate.event' && events.push((event.event as { output?: unknown }).output),
    )
    actor.start()
    await waitFor(actor, ({ status }) => status === 'done')
    expect(JSON.stringify(actor.getPersistedSnapshot())).not.toContain(`"word"`)
    return events.filter(output => output !== undefined)
  })
  expect(await Promise.all(results)).toEqual([['one of reader one, false'], ['two of reader two, false']])
})

it('fails the promise of an actor without parts', async () => {
  const actor = createActor(machine, { id: 'lonely' })
  actor.start()
  const { value } = await waitFor(actor, ({ status }) => status === 'done')
  expect(value).toBe('failed')
  expect(() => parts.of(actor)).toThrow('actor lonely has no parts: assign them before it is started')
})
