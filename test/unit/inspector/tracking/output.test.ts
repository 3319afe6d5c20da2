import { expect, it } from 'vitest'
import { createMockDriver, type MockRun } from '../../../../src/driver/testing.ts'
import { createExecutor } from '../../../../src/index.ts'
import type { ActorDetails, ActorInfo } from '../../../../src/inspector/protocol.ts'
import type { Hub } from '../../../../src/inspector/tracking/hub.ts'
import { OutputTail, tailSize } from '../../../../src/inspector/tracking/output-tail.ts'
import type { ContainerTask } from '../../../../src/task/task.ts'
import { Listener, newHub } from '../setup.ts'

/** Runs a task to its end, and returns what a hub knows of it. */
async function inspected(run: MockRun, task: Partial<ContainerTask> = {}, hub: Hub = newHub({ output: true })) {
  await using driver = createMockDriver({ image: run })
  await using executor = createExecutor({ driver, inspect: hub.inspect })
  await executor.run({ image: 'image', ...task })
  await executor.onIdle()
  const listener = new Listener()
  hub.join(listener)
  const snapshot = listener.messages.find(message => message.type === 'snapshot')
  hub.close()
  const info = snapshot?.actors[0] as ActorInfo
  return { info, details: hub.get(info.key)?.details as ActorDetails }
}

it('keeps the last 64 KiB of a stream, whatever the sizes of its chunks', () => {
  for (const size of [1, 7, 1_000, tailSize - 1, tailSize, tailSize + 1, 3 * tailSize]) {
    const tail = new OutputTail()
    const text = Array.from({ length: 30_000 }, (_, n) => String(n).padStart(7, '0')).join('')
    for (let at = 0; at < text.length; at += size) tail.push(Buffer.from(text.slice(at, at + size)))
    const shown = { text: text.slice(-tailSize), total: text.length, isCut: true }
    expect(tail.shown([])).toEqual(shown)
    expect(tail.size).toBeLessThanOrEqual(2 * tailSize)
    tail.close()
    expect(tail.size).toBe(tailSize)
    expect(tail.shown([])).toEqual(shown)
    tail.clear()
    expect([tail.size, tail.shown([])]).toEqual([0, { text: '', total: text.length, isCut: true }])
  }
})

it('begins with a whole character', () => {
  const tail = new OutputTail()
  tail.push(Buffer.from(`x${'🥐'.repeat(tailSize / 4)}yz`))
  const { text } = tail.shown([])
  expect([text.slice(0, 2), text.slice(-4), text.includes('\ufffd')]).toEqual(['🥐', '🥐yz', false])
})

it('shows the output of a run and the last line of its standard error, masked', async () => {
  const { info, details } = await inspected(
    {
      stdout: ['the tok', 'en is s3cret-s3cret\n'],
      stderr: 'first\n\x1b[31mno s3cret-s3cret here\x1b[0m\n',
      exitCode: 3,
    },
    { secrets: ['s3cret-s3cret'] },
  )
  expect(info).toMatchObject({ status: 'error', errorLine: 'no ••• here', hasTask: true })
  expect(details.output?.stdout).toEqual({ text: 'the token is •••\n', total: 27, isCut: false })
  expect(details.output?.stderr.text).toBe('first\n\x1b[31mno ••• here\x1b[0m\n')
})

it('keeps nothing of the output unless it is asked to', async () => {
  const { info, details } = await inspected({ stderr: 'oh\n', exitCode: 3 }, {}, newHub())
  expect([info.errorLine, details.output]).toEqual([undefined, undefined])
  const { info: ofSuccess } = await inspected({ stderr: 'oh\n' })
  expect([ofSuccess.status, ofSuccess.errorLine]).toEqual(['success', undefined])
})

it('shows the facts of a task, masked, without its environment and its input', async () => {
  const { details } = await inspected(
    {},
    {
      id: 'the-bun',
      command: ['bake', '--key', 's3cret-s3cret'],
      env: { OVEN: 'an-oven-of-ours' },
      input: 'the-input-of-it',
      labels: { team: 'an-oven-of-ours' },
      secrets: ['s3cret-s3cret'],
      memory: '64m',
      user: '1000',
      volumes: [['/flour', '/in', 'ro']],
    },
  )
  expect(details.task).toMatchObject({
    container: expect.stringContaining('the-bun'),
    image: 'image',
    command: ['bake', '--key', '•••'],
    labels: { team: '•••' },
    limits: { memory: 64 * 2 ** 20, timeout: 'Infinity' },
    mounts: { volumes: [{ source: '/flour', target: '/in', readOnly: true }] },
    user: '1000',
    profile: 'default',
  })
  const all = JSON.stringify(details.task)
  expect([all.includes('an-oven-of-ours'), all.includes('the-input-of-it')]).toEqual([false, false])
})

it('names the members of an actor: the first attempt of a run with retries', async () => {
  const hub = newHub()
  const listener = new Listener()
  await using driver = createMockDriver({ image: {} })
  await using executor = createExecutor({ driver, inspect: hub.inspect })
  await executor.run({ id: 'the-bun', image: 'image', retry: {} })
  hub.join(listener)
  hub.close()
  const { actors = [] } = listener.messages.find(message => message.type === 'snapshot') ?? {}
  const of = (machine: string) => actors.find(actor => actor.machine === machine)
  expect([of('run')?.id, of('run')?.members]).toEqual(['run the-bun', [of('cookie')?.key]])
})

it('bounds the output of all runs that have ended: the oldest lose their text first', async () => {
  const hub = newHub({ output: true, maxOutput: 25 })
  await using driver = createMockDriver({ image: { stdout: 'ten bytes\n' } })
  await using executor = createExecutor({ driver, inspect: hub.inspect })
  for (let n = 1; n <= 4; n++) {
    await executor.run({ image: 'image' })
    await executor.onIdle()
  }
  const textOf = (key: number) => hub.get(key)?.details.output?.stdout
  const lost = { text: '', total: 10, isCut: true }
  const kept = { text: 'ten bytes\n', total: 10, isCut: false }
  expect([1, 2, 3, 4].map(textOf)).toEqual([lost, lost, kept, kept])
  hub.close()
})
