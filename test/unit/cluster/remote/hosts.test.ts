import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { keysOf } from '../../../../src/cluster/redis/keys.ts'
import { type FunctionHostStatus, Hosts, rank } from '../../../../src/cluster/remote/hosts.ts'

const host = (name: string, worker = `w-${name}`): FunctionHostStatus => ({
  ...{ worker, host: name, capacity: 1, calls: 0, callers: {}, slots: {} },
})
const names = ['a', 'b', 'c', 'd']
const hosts = names.map(name => host(name))
const keys = Array.from({ length: 400 }, (_, at) => `function-${at}`)
const first = (among: readonly FunctionHostStatus[]) => keys.map(key => rank(among, key)[0]?.host)

test('functions are spread over the hosts evenly', () => {
  const counts = names.map(name => first(hosts).filter(chosen => chosen === name).length)
  for (const count of counts) expect(count).toBeGreaterThan(60)
})

test('a host that goes moves only the functions that it had', () => {
  const before = first(hosts)
  const after = first(hosts.filter(({ host }) => host !== 'b'))
  const moved = before.filter((chosen, at) => chosen !== after[at])
  expect(new Set(moved)).toEqual(new Set(['b']))
})

test('a worker that is started again keeps the functions of its host', () => {
  expect(first([...hosts.slice(0, 3), host('d', 'w-other')])).toEqual(first(hosts))
})

test.each([
  ['of this process, which may have ended, do not count', { calls: 1, callers: { me: 1 } }, true],
  ['of another one count', { calls: 1, callers: { other: 1 } }, false],
  ['of an unknown one count', { calls: 1 }, false],
])('calls that a host has told of: those %s', async (_, told, staysAtFirst) => {
  const [first] = rank([host('a'), host('b')], 'f')
  const idle = { capacity: 1, calls: 0 }
  const status = (name: string) => ({ host: name, functions: { ...idle, ...(name === first?.host && told) } })
  const redis = {
    smembers: async () => ['w-bad', 'w-null', 'w-a', 'w-b'],
    // Others may have written anything.
    mget: async () => ['garbage', 'null', ...['a', 'b'].map(name => JSON.stringify(status(name)))],
  } as unknown as Redis
  const hosts = new Hosts(redis, keysOf('q'), 'me')
  const place = await hosts.pick('f', new Set(), new AbortController().signal)
  expect(place?.status.host === first?.host).toBe(staysAtFirst)
})
