import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { reachableForEngine } from '../support/engine/private-reach.ts'
import { engineRequest } from '../support/engine/request.ts'

test('the engine under test, private or not, reaches a server of the test', async () => {
  const server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const asked = once(server, 'request') as Promise<[{ url: string }]>
  await using _reach = await reachableForEngine(port)
  const pull = engineRequest('POST', `/images/create?fromImage=127.0.0.1:${port}/none&tag=1`)
  const [{ url }] = await asked
  expect(url).toBe('/v2/')
  await pull.catch(() => {})
  server.closeAllConnections()
  server.close()
})
