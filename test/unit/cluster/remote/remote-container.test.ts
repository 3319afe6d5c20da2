import { expect, test } from 'vitest'
import type { Link, Message, Packet } from '../../../../src/cluster/link/link.ts'
import type { ClusterClient } from '../../../../src/cluster/remote/cluster-client.ts'
import { RemoteContainer } from '../../../../src/cluster/remote/remote-container.ts'
import { resolveTask } from '../../../../src/task/resolve-task.ts'

const nothing = { write: () => undefined }
const streams = { stdin: undefined, stdout: nothing, stderr: nothing }

/** A container on a host that answers only what the test says. */
function setup() {
  const calls: Message[] = []
  let link: Link | undefined
  const post = {
    add: (added: Link) => {
      link = added
    },
    remove: (removed: Link) => removed.close(),
    transmit: (_: string, { message }: Packet) => void (message?.type === 'call' && calls.push(message)),
  }
  const client = {
    ...{ post, isClosed: false, newRun: () => 'run', enqueue: async () => {}, meet() {}, forget() {} },
  } as unknown as ClusterClient
  const container = new RemoteContainer(client, resolveTask({ image: 'any' }))
  let seq = 0
  const say = (message: Message) => link?.receive({ run: 'run', from: 'w', lane: 'control', seq: ++seq, message })
  const answer = (method: string) => say({ type: 'reply', n: calls.find(call => call.method === method)?.n })
  return { container, say, answer }
}

test('a start that its removal has overtaken rejects, and a kill after it does nothing', async () => {
  const { container, say, answer } = setup()
  const prepared = container.prepare(new AbortController().signal)
  say({ type: 'hello', worker: 'w', host: 'a' })
  await new Promise(resolve => setImmediate(resolve))
  answer('prepare')
  await prepared
  const started = container.start(streams, { exitSeen() {}, broken() {} })
  const removed = container.remove()
  await new Promise(resolve => setImmediate(resolve))
  answer('remove')
  await removed
  await expect(started).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLOSED' })
  await expect(container.wait()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLOSED' })
  await container.kill()
})
