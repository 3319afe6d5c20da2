import { expect, it } from 'vitest'
import type { Step } from '../../../../src/inspector/protocol.ts'
import { matchOfContext, matchOfStep, wordsOf } from '../../../../src/inspector/search/match.ts'

const step = (rest: Partial<Step>): Step => ({
  ...{ key: 1, n: 1, at: 1, from: 'idle', to: 'busy', event: 'bake', ...rest },
})
const find = (text: string, rest: Partial<Step>) => matchOfStep(step(rest), wordsOf(text))

it('finds texts in the type of an event, in its data and in what it changed, in any case of letters', () => {
  expect(find('BAK', {})).toEqual({ where: 'event', excerpt: 'bake' })
  expect(find('rye', { payload: { flour: 'Rye' } })).toEqual({ where: 'data', excerpt: '{"flour":"Rye"}' })
  const changes = { heat: { from: 20, to: 230 } }
  expect(find('230', { changes })).toEqual({ where: 'context', excerpt: '{"heat":{"from":20,"to":230}}' })
  expect(find('failed', { event: 'xstate.error.actor.0.oven.x' })?.excerpt).toBe('failed xstate.error.actor.0.oven.x')
})

it('wants every word in the same step, wherever it is, and leaves states out', () => {
  const payload = { flour: 'rye' }
  expect(find('rye bake', { payload })?.where).toBe('data')
  expect(find('rye wheat', { payload })).toBeUndefined()
  expect(find('busy', { payload })).toBeUndefined()
})

it('shows what is around the first of the words', () => {
  const long = `${'a'.repeat(500)} rye ${'b'.repeat(500)}`
  const { excerpt = '' } = find('rye', { payload: { long } }) ?? {}
  expect(excerpt).toMatch(/^…a+ rye b+…$/)
  expect(excerpt.length).toBeLessThan(250)
})

it('finds texts in a context, and nothing where there is none', () => {
  expect(matchOfContext({ heat: 230 }, ['heat'])).toEqual({ where: 'context', excerpt: '{"heat":230}' })
  expect(matchOfContext(undefined, ['heat'])).toBeUndefined()
})
