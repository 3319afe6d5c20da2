import { once } from 'node:events'
import { Agent, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { serve } from '@hono/node-server'
import { expect, it, onTestFinished } from 'vitest'
import { createApp } from '../../../../../src/cli/commands/serve/http.ts'
import { setup } from '../../../functions/setup.ts'

/** Calls the function over one connection to its server. */
async function callServer(answer: RequestListener) {
  const fn = setup().make({ answer })
  const app = createApp(new Map([['fn', fn]]), new AbortController().signal)
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => {
    agent.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return async () => {
    const call = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/invoke/fn' }).end()
    const [response] = await once(call, 'response')
    return { status: response.statusCode as number, body: await text(response), reused: call.reusedSocket }
  }
}

it('a wrong Content-Length of a function does not corrupt the next response', async () => {
  const forged = 'ok\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'
  const call = await callServer((_request, response) => {
    response.setHeader('Content-Length', forged.length)
    response.setHeader('Fn-Http-H-Content-Length', 2)
    response.end(forged)
  })
  expect(await call()).toEqual({ status: 200, body: forged, reused: false })
  expect(await call()).toEqual({ status: 200, body: forged, reused: true })
})

it.each([204, 205, 304])('a response of %i has no body, and the next response follows it', async status => {
  const call = await callServer((_request, response) => {
    response.setHeader('Fn-Http-Status', status)
    response.end('not for you')
  })
  expect(await call()).toEqual({ status, body: '', reused: false })
  expect(await call()).toEqual({ status, body: '', reused: true })
})
