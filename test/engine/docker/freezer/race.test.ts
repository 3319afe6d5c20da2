import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { toChunks } from '../../../../src/task/input.ts'
import { noEvents, testEngine } from '../../../support/engine/docker.ts'
import { engineRequest } from '../../../support/engine/request.ts'
import { checkLeaks } from '../../../support/leaks/hooks.ts'

checkLeaks()

// The engine's flag lags behind: right after a freeze it may report that the container is not frozen, and vice versa.
test.each(['engine', 'cgroup'] as const)(
  'a thaw right after a freeze thaws, also when another client does the same (%s)',
  async freezer => {
    await using driver = await testEngine({ freezer })
    const container = driver.container({ command: ['cat'], input: 'x' })
    const input = new PassThrough()
    const output = new PassThrough()
    await container.prepare(new AbortController().signal)
    const sink = { write: (chunk: Uint8Array) => void output.write(chunk) }
    await container.start({ stdin: toChunks(input), stdout: sink, stderr: sink }, noEvents)
    const byHand = (action: string) => engineRequest('POST', `/containers/${container.name}/${action}`).catch(() => {})
    for (let round = 0; round < 200; round += 1) {
      await container.pause()
      if (round % 2 === 0) {
        await byHand('unpause')
        await byHand('pause')
      }
      await container.unpause()
      input.write(`${round}\n`)
      const [answer] = (await once(output, 'data')) as [Buffer]
      expect(answer.toString()).toBe(`${round}\n`)
    }
    input.end()
    expect((await container.wait()).exitCode).toBe(0)
    await container.remove()
  },
)

test('a container that forks without end is frozen and thawed by its file, again and again', async () => {
  await using driver = await testEngine({ freezer: 'cgroup' })
  const reports: string[] = []
  driver.engine.transitions$.subscribe(
    ({ machine, to, event }) => machine === 'freezer' && reports.push(`${to} ${event}`),
  )
  const container = driver.container({ command: ['sh', '-c', 'while :; do true & true & wait; done'], pids: 64 })
  await container.prepare(new AbortController().signal)
  const sink = { write: () => undefined }
  await container.start({ stdin: undefined, stdout: sink, stderr: sink }, noEvents)
  for (let round = 0; round < 100; round += 1) {
    await container.pause()
    await container.unpause()
  }
  // A group that did not freeze in time would have been left to the engine.
  expect(reports).toEqual(['cgroup freeze'])
  await container.pause()
  await container.kill()
  expect((await container.wait()).exitCode).toBe(137)
  await container.remove()
})
