import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { Model } from '../../../../src/inspector/page/data/model.ts'
import type { Message } from '../../../../src/inspector/protocol.ts'
import { EventStream } from '../../../../src/inspector/server/event-streams.ts'
import { checkLeaks } from '../../../support/leaks/hooks.ts'
import { Listener, newHub } from '../setup.ts'

checkLeaks()

const talker = createMachine({ id: 'talker', initial: 'on', states: { on: { on: { talk: { actions: () => {} } } } } })

it('buffers a bounded amount for a page that does not read, and sends a new snapshot once it reads', async () => {
  const hub = newHub()
  let response: ServerResponse | undefined
  const server = createServer((_, given) => {
    response = given
    hub.join(new EventStream(given))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [page] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [IncomingMessage]

  const actor = createActor(talker, { inspect: hub.inspect }).start()
  const words = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`word${n}`, 'x'.repeat(300)]))
  let most = 0
  // Until nothing more is buffered: then the buffers of the kernel and the process are full.
  for (let quiet = 0; quiet < 3; ) {
    for (let n = 0; n < 200; n++) actor.send({ type: 'talk', ...words })
    // A page that joins makes the hub send its batch at once.
    const other = new Listener()
    hub.join(other)
    hub.leave(other)
    const waiting = response?.writableLength ?? 0
    quiet = waiting > 0 && waiting === most ? quiet + 1 : 0
    most = Math.max(most, waiting)
    await new Promise(setImmediate)
  }
  // 4 MiB, and a snapshot of one actor.
  expect(most).toBeLessThan(4.1 * 1024 * 1024)

  const model = new Model()
  let text = ''
  let applied = 0
  for await (const chunk of page.setEncoding('utf8')) {
    text += chunk
    const parts = text.split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) {
      if (!part.startsWith('data: ')) continue
      const message = JSON.parse(part.slice(6)) as Message
      expect(model.apply(message)).toBe(true)
      applied += 1
    }
    if (model.actors.get(1)?.steps === hub.get(1)?.info.steps) break
  }
  expect(applied).toBeGreaterThan(2)
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  actor.stop()
  hub.close()
})
