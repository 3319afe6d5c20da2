import util, { inspect } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Api } from '../../../../../src/engines/docker/connection/api.ts'
import { createClient } from '../../../../../src/engines/docker/connection/client.ts'
import type { CookietinError } from '../../../../../src/errors.ts'
import { startFakeEngine } from '../../../../support/engine/fake.ts'

const unprintable = () => {
  throw new TypeError("'get href' called on an object that is not a valid instance of StyleSheet")
}

/** As jsdom does: a signal that leads to a window whose printing throws. */
function stubAbortController() {
  const Original = AbortController
  class Jsdom extends Original {
    constructor() {
      super()
      Object.assign(this.signal, { window: { [inspect.custom]: unprintable } })
    }
  }
  vi.stubGlobal('AbortController', Jsdom)
  onTestFinished(() => void vi.unstubAllGlobals())
}

async function apiOf(answer: Parameters<typeof startFakeEngine>[0]) {
  const fake = await startFakeEngine(answer)
  const client = await createClient({ socketPath: fake.address.replace('unix://', '') })
  onTestFinished(async () => {
    client.destroy()
    await fake[Symbol.asyncDispose]()
  })
  return new Api(client)
}

describe('a call', () => {
  test('is answered where signals cannot be printed, as in jsdom', async () => {
    stubAbortController()
    const api = await apiOf(() => ({ fine: true }))
    const call = { doing: 'ask', method: 'GET', path: '/x', deadline: 5_000 } as const
    expect((await api.request(call)).body).toEqual({ fine: true })
  })

  test('is ended by its time limit, whatever the modem does', async () => {
    const thrown: unknown[] = []
    const keep = (error: unknown) => thrown.push(error)
    process.on('unhandledRejection', keep)
    const others = process.listeners('unhandledRejection').filter(listener => listener !== keep)
    for (const listener of others) process.off('unhandledRejection', listener)
    const api = await apiOf(() => ({}))
    // The modem throws when it prints the request, and never calls back.
    const printed = vi.spyOn(util, 'inspect').mockImplementation(unprintable)
    const call = { doing: 'ask', method: 'GET', path: '/x', deadline: 200 } as const
    const error = await api.request(call).catch((error: CookietinError) => error)
    printed.mockRestore()
    expect(error).toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_TIMEOUT' })
    expect(thrown).toHaveLength(1)
    process.off('unhandledRejection', keep)
    for (const listener of others) process.on('unhandledRejection', listener)
  })

  test('is ended when its caller aborts it, although the engine does not answer', async () => {
    const api = await apiOf(() => undefined)
    const abort = new AbortController()
    const call = { doing: 'ask', method: 'GET', path: '/x', deadline: undefined, signal: abort.signal } as const
    const asked = api.request(call)
    abort.abort(new Error('enough'))
    await expect(asked).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED', cause: new Error('enough') })
  })
})
