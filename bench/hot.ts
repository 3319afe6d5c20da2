// Calls to a function that answers at once, a static C one and a Node.js one, with and without a history, beside plain node:http on a socket of
// the same function.
import { mkdtemp, rm } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createHistory } from '../src/history/index.ts'
import { createDockerDriver, createExecutor, type Executor, type HotFunction } from '../src/index.ts'
import { makeExampleImages } from '../test/support/images/example-images.ts'
import { compare, roundsOr } from './support/compare.ts'
import { SocketPeer, socketsOf } from './support/socket-peer.ts'
import type { Table } from './support/table.ts'

export const needs = ['engine']

const body = '{"name":"Ada"}'

export default async function hot(): Promise<readonly Table[]> {
  await makeExampleImages()
  await using driver = await createDockerDriver()
  const folder = await mkdtemp('/tmp/ct-bench-')
  try {
    await using history = await createHistory({ path: `${folder}/history.db` })
    await using executor = createExecutor({ driver, concurrency: 8 })
    await using keeping = createExecutor({ driver, concurrency: 8, history })
    return [
      ...(await warm(executor, keeping, 'a static function', 'example/static')),
      ...(await warm(executor, keeping, 'a Node.js function', 'example/node')),
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

const spec = (image: string) => ({ image, disableNet: true, maxContainers: 1, maxResponseBody: '1m' })
const call = async (fn: HotFunction) => (await fn.invoke({ body })).text()

/** How many calls are made one after the other. */
const many = 25

/**
 * Each way has a container of its own: the static function serves one connection at a time. Calls one after the other, and single ones, with
 * a turn of the event loop after each: what is left to do then is not part of the next way's time.
 */
async function warm(executor: Executor, keeping: Executor, title: string, image: string): Promise<readonly Table[]> {
  const before = socketsOf()
  await using ours = executor.function({ ...spec(image), freezeAfter: Number.POSITIVE_INFINITY })
  await ours.prewarm(1)
  await using kept = keeping.function({ ...spec(image), freezeAfter: Number.POSITIVE_INFINITY })
  await kept.prewarm(1)
  const known = socketsOf()
  await using theirs = executor.function({ ...spec(image), freezeAfter: Number.POSITIVE_INFINITY })
  await theirs.prewarm(1)
  const [socketPath = ''] = socketsOf().filter(path => !known.includes(path) && !before.includes(path))
  using peer = new SocketPeer(socketPath, body)
  const ways = [
    ['cookietin', () => call(ours)],
    ['cookietin with a history', () => call(kept)],
    ['node:http with keep-alive', () => peer.call()],
  ] as const
  return [
    await compare(
      `${many} warm calls of ${title}, one after the other`,
      ways.map(([name, one]) => ({
        name,
        after: () => nextTurn(),
        run: async () => {
          for (let turn = 0; turn < many; turn += 1) await one()
        },
      })),
      { rounds: roundsOr(400), warmUp: 50 },
    ),
    await compare(
      `a warm call of ${title}`,
      ways.map(([name, run]) => ({ name, run, after: () => nextTurn() })),
      { rounds: roundsOr(4_000), warmUp: 500 },
    ),
  ]
}
