import { expect, it, onTestFinished, vi } from 'vitest'
import type { Api } from '../../../../../src/engines/docker/connection/api.ts'
import { connectionError } from '../../../../../src/engines/docker/connection/errors.ts'
import { Liveness } from '../../../../../src/engines/docker/connection/liveness.ts'

it.each([
  ['EMFILE', 0],
  ['ECONNREFUSED', 1],
])('a ping that fails with %s is told %i times', async (code, times) => {
  vi.useFakeTimers()
  const failure = Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' })
  const request = vi.fn(async () => {
    throw connectionError(failure, 'ping the engine', false)
  })
  const api = { request } as unknown as Api
  const liveness = new Liveness(api, { interval: 1_000, deadline: 100, revive: async () => {} })
  onTestFinished(() => {
    liveness.close()
    vi.useRealTimers()
  })
  const onFailure = vi.fn()
  liveness.watch(onFailure)
  await vi.advanceTimersByTimeAsync(1_000)
  expect([request.mock.calls.length, onFailure.mock.calls.length]).toEqual([1, times])
})
