import { describe, expect, test } from 'vitest'
import { NetworkLeases } from '../../../../../src/engines/docker/network/networks.ts'

describe('NetworkLeases', () => {
  test('the least used network is next', () => {
    const leases = new NetworkLeases(['a', 'b'])
    const [first, second, third] = [leases.lease(), leases.lease(), leases.lease()]
    expect([first?.network, second?.network, third?.network]).toEqual(['a', 'b', 'a'])
    second?.release()
    expect(leases.lease()?.network).toBe('b')
  })

  test('a lease is released once, however often release is called', () => {
    const leases = new NetworkLeases(['a'])
    const lease = leases.lease()
    lease?.release()
    lease?.release()
    expect(leases.usage).toEqual({ a: 0 })
  })

  test('there is no lease without networks', () => {
    expect(new NetworkLeases([]).lease()).toBeUndefined()
  })
})
