// A call to a frozen function, a static C one and a Node.js one, frozen by its control group's file or by the engine, compared with unpause and
// call by hand.
import Docker from 'dockerode'
import { createDockerDriver, createExecutor, type DockerConfig } from '../src/index.ts'
import { makeExampleImages } from '../test/support/images/example-images.ts'
import { compare, roundsOr } from './support/compare.ts'
import { SocketPeer, socketsOf } from './support/socket-peer.ts'
import type { Table } from './support/table.ts'

export const needs = ['engine']

const body = '{"name":"Ada"}'
const docker = new Docker()

/** A function of its own driver, whose container is warm. */
async function openFunction(image: string, freezer: DockerConfig['freezer'], freezeAfter: number) {
  const driver = await createDockerDriver({ freezer })
  const executor = createExecutor({ driver })
  const known = socketsOf()
  const fn = executor.function({ image, disableNet: true, maxContainers: 1, freezeAfter })
  await fn.prewarm(1)
  const [socketPath = ''] = socketsOf().filter(path => !known.includes(path))
  const close = async () => {
    await executor.close()
    await driver.close()
  }
  return { executor, fn, socketPath, close }
}

/** It is frozen 5 ms after every call, so that the freeze is no part of what is measured, as by hand. */
async function frozenByUs(image: string, freezer: DockerConfig['freezer']) {
  const { executor, fn, close } = await openFunction(image, freezer, 5)
  const untilFrozen = () =>
    new Promise<void>(resolve => {
      const subscription = executor.transitions$.subscribe(({ to }) => {
        if (to !== 'frozen') return
        subscription.unsubscribe()
        resolve()
      })
    })
  let frozen = untilFrozen()
  const run = async () => {
    frozen = untilFrozen()
    await (await fn.invoke({ body })).text()
  }
  await run()
  await frozen
  return { run, after: () => frozen, close }
}

/** A container of the same kind that no other client is connected to: the static function serves one connection at a time. */
async function frozenByHand(image: string) {
  const before = new Set((await docker.listContainers()).map(({ Id }) => Id))
  const { socketPath, close } = await openFunction(image, 'engine', Number.POSITIVE_INFINITY)
  const made = (await docker.listContainers()).find(({ Id }) => !before.has(Id))
  const container = docker.getContainer(made?.Id ?? '')
  const peer = new SocketPeer(socketPath, body)
  await peer.call()
  await container.pause()
  return {
    run: async () => {
      await retry(() => container.unpause())
      await peer.call()
    },
    after: () => retry(() => container.pause()),
    async close() {
      await retry(() => container.unpause())
      peer[Symbol.dispose]()
      await close()
    },
  }
}

/** Repeats a call until it succeeds: the engine's flag lags behind, so that it may refuse a change that was just undone. */
async function retry(act: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const isDone = await act().then(
      () => true,
      () => false,
    )
    if (isDone) return
  }
}

export default async function freezer(): Promise<readonly Table[]> {
  await makeExampleImages()
  return [
    await frozenCalls('a static function', 'example/static'),
    await frozenCalls('a Node.js function', 'example/node'),
  ]
}

async function frozenCalls(title: string, image: string): Promise<Table> {
  const ways = [
    { name: "cookietin, freezer: 'cgroup'", ...(await frozenByUs(image, 'cgroup')) },
    { name: "cookietin, freezer: 'engine'", ...(await frozenByUs(image, 'engine')) },
    { name: 'unpause, then node:http, by hand', ...(await frozenByHand(image)) },
  ]
  const table = await compare(`a call of ${title} that is frozen`, ways, { rounds: roundsOr(60) })
  for (const { close } of ways) await close()
  return table
}
