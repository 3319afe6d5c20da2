import { expect, test } from 'vitest'
import { type FunctionHostStatus, rank } from '../../../../src/cluster/remote/hosts.ts'

const host = (name: string, worker = `w-${name}`): FunctionHostStatus => ({
  ...{ worker, host: name, capacity: 1, calls: 0, slots: {} },
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
