// The cost of the machine, the driver and the executor: an engine that does nothing, compared with the same promises under
// p-queue alone.
import PQueue from 'p-queue'
import { type AnyActorRef, createActor, fromCallback, fromPromise } from 'xstate'
import { cookieMachine } from '../machines/cookie.ts'
import { EngineDriver } from '../src/driver/engine-driver.ts'
import { createExecutor, type ExecutorOptions } from '../src/index.ts'
import { startInspector } from '../src/inspector/index.ts'
import { compare, roundsOr } from './support/compare.ts'
import { idleContainer, idleEngine } from './support/idle-engine.ts'
import type { Table } from './support/table.ts'

export const needs = ['page']

const tasks = 1_000
const concurrency = 8

async function throughExecutor(inspect?: ExecutorOptions['inspect']) {
  await using driver = new EngineDriver(idleEngine)
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

const nothing = fromPromise<void, AnyActorRef>(async () => {})
const statechart = cookieMachine.provide({
  actors: {
    prepare: nothing,
    start: nothing,
    remove: nothing,
    watch: fromCallback(({ sendBack }) => {
      idleContainer()
        .wait()
        .then(exit => sendBack({ type: 'exited', exit }))
    }),
  },
})

/** The same states, by XState alone: what cookietin cannot do without. */
async function throughMachine() {
  const queue = new PQueue({ concurrency })
  const run = (id: string) =>
    new Promise<void>(resolve => {
      const actor = createActor(statechart, { id, input: { id } })
      actor.subscribe({
        next: snapshot => {
          if (snapshot.matches({ unstarted: 'prepared' })) actor.send({ type: 'run' })
          if (snapshot.matches('settled')) actor.send({ type: 'close' })
        },
        complete: resolve,
      })
      actor.start()
      actor.send({ type: 'prepare' })
    })
  await Promise.all(Array.from({ length: tasks }, (_, index) => queue.add(() => run(`task-${index}`))))
}

export default async function machine(): Promise<readonly Table[]> {
  // The page's reader runs in this process, so its cost is included.
  await using unseen = await startInspector()
  await using seen = await startInspector()
  const page = new AbortController()
  const reading = fetch(new URL('events', seen.url), { signal: page.signal })
    .then(({ body }) => body?.pipeTo(new WritableStream()))
    .catch(() => {})
  const table = await compare(
    `${tasks} tasks of an engine that does nothing, ${concurrency} at once (1 ms more is 1 µs more a cookie)`,
    [
      { name: 'cookietin', run: () => throughExecutor() },
      { name: 'cookietin, with an idle inspector', run: () => throughExecutor(() => {}) },
      { name: 'cookietin, with our inspector', run: () => throughExecutor(unseen.inspect) },
      { name: 'cookietin, with our inspector and a page', run: () => throughExecutor(seen.inspect) },
      { name: 'the statechart alone, by XState', run: throughMachine },
      { name: 'p-queue and plain promises', run: throughQueue },
    ],
    { rounds: roundsOr(15) },
  )
  page.abort()
  await reading
  return [table]
}
