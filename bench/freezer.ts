// A call to a frozen function, frozen by its control group's file or by the engine, compared with unpause and call by hand.
import Docker from 'dockerode'
import { createDockerDriver, createExecutor, type DockerConfig } from '../src/index.ts'
import { ensureFunctionImage } from '../test/support/images/function-image.ts'
import { compare, roundsOr } from './support/compare.ts'
import { SocketPeer, socketsOf } from './support/socket-peer.ts'
import type { Table } from './support/table.ts'

export const needs = ['engine']

const body = '{"echo":1}'
const docker = new Docker()

/** A function of its own driver that is frozen 5 ms after every call, so that the freeze is no part of what is measured, as by hand. */
async function frozenFunction(image: string, freezer: DockerConfig['freezer']) {
  const driver = await createDockerDriver({ freezer })
  const executor = createExecutor({ driver })
  let id = ''
  let onFrozen = () => {}
  executor.transitions$.subscribe(transition => {
    if (transition.to !== 'frozen') return
    id = transition.id
    onFrozen()
  })
  const known = socketsOf()
  const fn = executor.function({ image, command: ['node', '/function/echo.cjs'], disableNet: true, freezeAfter: 5 })
  let frozen = new Promise<void>(resolve => {
    onFrozen = resolve
  })
  await (await fn.invoke({ body })).text()
  await frozen
  const [socketPath = ''] = socketsOf().filter(path => !known.includes(path))
  return {
    id,
    socketPath,
    async call() {
      frozen = new Promise(resolve => {
        onFrozen = resolve
      })
      await (await fn.invoke({ body })).text()
    },
    refrozen: () => frozen,
    async close() {
      await executor.close()
      await driver.close()
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
  const image = await ensureFunctionImage()
  const byFile = await frozenFunction(image, 'cgroup')
  const byEngine = await frozenFunction(image, 'engine')
  const [found] = await docker.listContainers({ all: true, filters: { label: [`cookietin.id=${byEngine.id}`] } })
  const container = docker.getContainer(found?.Id ?? '')
  using peer = new SocketPeer(byEngine.socketPath, body)
  const unpauseAndCall = async () => {
    await retry(() => container.unpause())
    await peer.call()
  }
  const table = await compare(
    'a call to a frozen container',
    [
      { name: "cookietin, freezer: 'cgroup'", run: byFile.call, after: byFile.refrozen },
      { name: "cookietin, freezer: 'engine'", run: byEngine.call, after: byEngine.refrozen },
      // The container of the second one, which stays frozen in between.
      { name: 'unpause, then node:http, by hand', run: unpauseAndCall, after: () => retry(() => container.pause()) },
    ],
    { rounds: roundsOr(60) },
  )
  await byFile.close()
  await byEngine.close()
  return [table]
}
