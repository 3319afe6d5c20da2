import { expect, it, onTestFinished, vi } from 'vitest'
import { resolveDockerConfig } from '../../../../../src/engines/docker/config/config.ts'
import type { Call } from '../../../../../src/engines/docker/connection/api.ts'
import { connectionError, EngineReply, replyError } from '../../../../../src/engines/docker/connection/errors.ts'
import { TrackedContainer } from '../../../../../src/engines/docker/container/tracked-container.ts'
import type { CreateOptions } from '../../../../../src/engines/docker/create-options/create-options.ts'
import type { EngineContext } from '../../../../../src/engines/docker/engine-context.ts'
import { Leftovers } from '../../../../../src/engines/docker/leftovers.ts'

const instance = { 'cookietin.instance': 'me' }
const id = 'c0ffee00c0ffee00'

/** An engine that cuts the first create call and carries it out all the same: the container is seen after `delay` ms. */
function setup({ delay, isNameTaken }: { readonly delay: number; readonly isNameTaken: boolean }) {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const seenFrom = performance.now() + delay
  const state = { creations: 0, removed: false }
  const fail = (status: number, text: string): never => {
    throw replyError(new EngineReply(status, text), 'do it')
  }
  const request = async ({ method, path }: Call) => {
    const isSeen = performance.now() >= seenFrom && !state.removed
    if (path === '/containers/create') {
      if (state.creations++ > 0 && isNameTaken) fail(409, 'Conflict. The container name "/x" is already in use')
      throw connectionError(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), 'create it', false)
    }
    if (!isSeen) fail(404, 'No such container: x')
    if (method === 'DELETE') state.removed = true
    return { status: 200, body: { Id: id, State: {}, Config: { Labels: instance } } }
  }
  const context = {
    api: { request },
    config: resolveDockerConfig({}, {}),
    liveness: { closed: false, found: async () => true },
    leftovers: new Leftovers(),
    cleaner: { hold: () => () => {} },
  } as unknown as EngineContext
  const options = { Labels: instance } as unknown as CreateOptions
  const tracked = new TrackedContainer(context, { name: 'x', taskId: 'x', options, secrets: () => [] })
  return { tracked, state }
}

it('a container that is seen late after a lost reply is adopted, though its name is taken at once', async () => {
  const { tracked } = setup({ delay: 700, isNameTaken: true })
  const creating = tracked.create(new AbortController().signal)
  await vi.advanceTimersByTimeAsync(1_000)
  await creating
  expect(tracked.id).toBe(id)
})

it('a removal after a lost reply waits for the container that may come late', async () => {
  const { tracked, state } = setup({ delay: 1_500, isNameTaken: false })
  tracked.end()
  await expect(tracked.create(new AbortController().signal)).rejects.toMatchObject({ retryable: true })
  const removing = tracked.remove(() => {})
  await vi.advanceTimersByTimeAsync(1_400)
  expect(state.removed).toBe(false)
  await vi.advanceTimersByTimeAsync(700)
  await removing
  expect(state.removed).toBe(true)
})

it('a removal after a lost reply ends when nothing has come for 2 s', async () => {
  const { tracked, state } = setup({ delay: 60_000, isNameTaken: false })
  tracked.end()
  await expect(tracked.create(new AbortController().signal)).rejects.toMatchObject({ retryable: true })
  const removing = tracked.remove(() => {})
  await vi.advanceTimersByTimeAsync(2_200)
  await removing
  expect(state.removed).toBe(false)
})
