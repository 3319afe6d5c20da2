import { expect, it } from 'vitest'
import { factsOf } from '../../../src/cluster/status.ts'

const info = (version: string, aof: number) =>
  `# Server\r\nredis_version:${version}\r\n# Persistence\r\naof_enabled:${aof}\r\n`

it('a Redis that a cluster can rely on needs no advice', () => {
  expect(factsOf(info('7.0.15', 1), 'noeviction')).toEqual({
    version: '7.0.15',
    isPersistent: true,
    evictionPolicy: 'noeviction',
    advice: [],
  })
})

it.each([
  [info('6.0.9', 1), 'noeviction', /older than 6\.2/],
  [info('7.2.0', 0), 'noeviction', /appendonly yes/],
  [info('7.2.0', 1), 'allkeys-lru', /noeviction/],
])('advises what to change: %j, %s', (text, policy, advice) => {
  expect(factsOf(text, policy).advice).toEqual([expect.stringMatching(advice)])
})

it('a policy that is not told needs no advice', () => {
  expect(factsOf(info('7.2.0', 1), undefined).advice).toEqual([])
})
