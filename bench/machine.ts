// What the machine, the façade and the executor cost: an engine that does nothing, beside the same promises under p-queue alone.
import PQueue from 'p-queue'
import { EMPTY } from 'rxjs'
import { EngineDriver } from '../src/driver.ts'
import type { Engine, EngineContainer } from '../src/engine.ts'
import { createExecutor } from '../src/index.ts'
import { compare } from './compare.ts'

const tasks = 1_000
const concurrency = 8
const exit = { exitCode: 0, oomKilled: false, outputTruncated: false }

const idleContainer = (): EngineContainer => ({
  name: 'idle',
  options: {},
  prepare: async () => {},
  start: async () => {},
  wait: async () => exit,
  pause: async () => {},
  unpause: async () => {},
  kill: async () => {},
  remove: async () => {},
  stats$: EMPTY,
})
const engine: Engine = { name: 'idle', container: idleContainer, close: async () => {} }

async function throughExecutor(inspect?: () => void) {
  await using driver = new EngineDriver(engine)
  await using executor = createExecutor({ driver, concurrency, inspect })
  await Promise.all(Array.from({ length: tasks }, () => executor.run({ image: 'x' })))
}

async function throughQueue() {
  const queue = new PQueue({ concurrency })
  await Promise.all(
    Array.from({ length: tasks }, () =>
      queue.add(async () => {
        const container = idleContainer()
        await container.prepare(AbortSignal.timeout(1_000_000))
        await container.start(
          { stdin: undefined, stdout: { write: () => undefined }, stderr: { write: () => undefined } },
          {
            exitSeen: () => {},
            broken: () => {},
          },
        )
        const ended = await container.wait()
        await container.remove()
        return ended
      }),
    ),
  )
}

await compare(
  `${tasks} tasks of an engine that does nothing, ${concurrency} at once`,
  [
    { name: 'cookietin', run: () => throughExecutor() },
    { name: 'cookietin, with an inspector attached', run: () => throughExecutor(() => {}) },
    { name: 'p-queue and plain promises', run: throughQueue },
  ],
  15,
)
