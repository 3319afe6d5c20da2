import { expect, it } from 'vitest'
import { type Search, type Searched, searchAll } from '../../../../src/inspector/search/search.ts'

/** An actor with so many steps, each of which has its number as data. */
const actor = (key: number, steps: number, context: unknown = {}): Searched => ({
  ...{ key, id: `bun-${key}`, machine: 'cookie', created: 5 },
  log: Array.from({ length: steps }, (_, index) => ({
    ...{ key, n: index + 1, at: 10 * (index + 1), from: 'idle', to: 'idle', event: 'bake' },
    payload: { part: `part-${index + 1}` },
  })),
  context: () => context,
})

/** Searches actors. The clock goes on by `tick` with each look at it. */
function search(
  text: string,
  actors: readonly Searched[],
  { tick = 0, ...rest }: Partial<Search<Searched>> & { tick?: number } = {},
) {
  let now = 0
  let pauses = 0
  const clock = () => {
    now += tick
    return now
  }
  const pause = async () => {
    pauses += 1
  }
  const { signal } = new AbortController()
  const answer = searchAll({ text, actors, look: actor => actor, signal, pause, clock, ...rest })
  return answer.then(answer => ({ ...answer, pauses, places: answer.found.map(({ key, n }) => `${key}/${n}`) }))
}

it('finds steps of all actors, the latest first, with what is around the text', async () => {
  const { found, places, ...rest } = await search('part-2', [actor(2, 3), actor(1, 2)])
  expect(places).toEqual(['2/2', '1/2'])
  expect(found[0]).toEqual({
    ...{ key: 2, id: 'bun-2', machine: 'cookie', n: 2, at: 20, event: 'bake' },
    ...{ where: 'data', excerpt: '{"part":"part-2"}' },
  })
  expect(rest).toEqual({ more: false, searched: 2, actors: 2, pauses: 0 })
  expect((await search('bake', [actor(1, 3)])).places).toEqual(['1/3', '1/2', '1/1'])
})

it('finds a context where no step holds the text, also before the first step', async () => {
  const actors = [actor(3, 0, { flour: 'rye' }), actor(2, 2, { flour: 'rye' }), actor(1, 2, { part: 'part-1' })]
  expect((await search('rye', actors)).places).toEqual(['3/0', '2/2'])
  expect((await search('part-1', actors)).places).toEqual(['2/1', '1/1'])
})

it('finds nothing for no words, and nothing that is later than wanted', async () => {
  expect(await search('  ', [actor(1, 1)])).toMatchObject({ found: [], searched: 0 })
  expect((await search('bake', [actor(1, 5)], { until: 20 })).places).toEqual(['1/2', '1/1'])
  // The context is that of now.
  expect((await search('rye', [actor(1, 5, { flour: 'rye' })], { until: 20 })).places).toEqual([])
})

it('tells a bounded number of steps, of one actor and in all, and that there are more', async () => {
  const one = await search('bake', [actor(2, 50), actor(1, 1)])
  expect([one.places.length, one.places.at(-1), one.more]).toEqual([21, '1/1', true])
  const many = await search(
    'bake',
    Array.from({ length: 300 }, (_, key) => actor(key, 1)),
  )
  expect([many.found.length, many.more]).toEqual([200, true])
  const exact = await search(
    'bake',
    Array.from({ length: 200 }, (_, key) => actor(key, 1)),
  )
  expect([exact.found.length, exact.more, exact.searched]).toEqual([200, false, 200])
})

it('lets others work again and again, and ends after a time, with what it has found', async () => {
  const actors = Array.from({ length: 10_000 }, (_, key) => actor(key, 8))
  const whole = await search('part-9', actors, { tick: 0.01 })
  expect([whole.searched, whole.more]).toEqual([10_000, false])
  expect(whole.pauses).toBeGreaterThan(50)
  const late = await search('part-9', actors, { tick: 1 })
  expect(late.searched).toBeGreaterThan(100)
  expect(late.searched).toBeLessThan(10_000)
})

it('ends at the next pause when it is not wanted any longer', async () => {
  const gone = new AbortController()
  const pause = async () => gone.abort()
  const { searched } = await search(
    'part-9',
    Array.from({ length: 1_000 }, (_, key) => actor(key, 8)),
    {
      ...{ tick: 1, signal: gone.signal, pause },
    },
  )
  expect(searched).toBeLessThan(10)
})
