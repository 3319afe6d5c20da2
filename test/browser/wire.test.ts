import { filter, firstValueFrom } from 'rxjs'
import { expect, it } from 'vitest'
import type { Message } from '../../src/inspector/protocol.ts'
import { setup } from './setup.ts'

/** The messages of an event stream. */
async function* messagesOf(url: string, signal: AbortSignal): AsyncGenerator<Message> {
  const { body } = await fetch(new URL('events', url), { signal })
  let text = ''
  for await (const chunk of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk
    const parts = text.split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) if (part.startsWith('data: ')) yield JSON.parse(part.slice(6)) as Message
  }
}

it('sends hello, a snapshot, deltas, and an end', async () => {
  const abort = new AbortController()
  const { executor, inspector, close } = await setup()
  const types: string[] = []
  const reading = (async () => {
    for await (const { type } of messagesOf(inspector.url, abort.signal)) {
      types.push(type)
      if (type === 'snapshot') void executor.run({ image: 'quick' }).then(() => close())
    }
  })()
  await reading
  expect(types.slice(0, 3)).toEqual(['hello', 'snapshot', 'delta'])
  expect(types.at(-1)).toBe('end')
})

it('serves the details of one actor', async () => {
  const { executor, inspector } = await setup()
  await executor.run({ image: 'broken', id: 'the-bun', env: { TOKEN: 'hunter2' } })
  await executor.onIdle()
  const response = await fetch(new URL('actors/1', inspector.url))
  const details = await response.json()
  expect(details).toMatchObject({ key: 1, log: { length: 8 }, context: { id: 'the-bun', cause: 'exit' } })
  expect((await fetch(new URL('actors/2', inspector.url))).status).toBe(404)
})

it('serves what is found in all actors, masked', async () => {
  const { executor, inspector } = await setup()
  await executor.run({ image: 'burnt', id: 'the-bun', secrets: ['/bin/oven'] }).catch(() => {})
  await executor.onIdle()
  const find = async (query: string) => await (await fetch(new URL(`search?${query}`, inspector.url))).json()
  expect(await find('text=ENOENT%20no%20such')).toMatchObject({
    found: [{ key: 1, id: 'the-bun', machine: 'cookie', excerpt: expect.stringContaining('no such file: •••') }],
    ...{ more: false, searched: 1, actors: 1 },
  })
  expect(await find('text=oven')).toMatchObject({ found: [], searched: 1 })
  expect(await find('text=ENOENT&until=1')).toMatchObject({ found: [], searched: 1 })
  expect(await find('')).toMatchObject({ found: [], searched: 0 })
})

it('controls only if control is on, and only actors that can be controlled', async () => {
  const open = await setup({ control: true })
  const shut = await setup()
  const post = (url: string, body: string) =>
    fetch(new URL('control', url), { method: 'POST', body, headers: { Origin: new URL(url).origin } })
  const run = open.executor.run({ image: 'long', id: 'the-bun' })
  await firstValueFrom(run.state$.pipe(filter(state => state === 'running')))
  const request = JSON.stringify({ key: 1, action: 'cancel' })
  expect((await post(shut.inspector.url, request)).status).toBe(403)
  expect((await post(open.inspector.url, 'what?')).status).toBe(400)
  expect((await post(open.inspector.url, JSON.stringify({ key: 1, action: 'eat' }))).status).toBe(400)
  expect((await post(open.inspector.url, JSON.stringify({ key: 9, action: 'cancel' }))).status).toBe(404)
  expect((await post(open.inspector.url, JSON.stringify({ key: 1, action: 'unfreeze' }))).status).toBe(200)
  expect((await post(open.inspector.url, request)).status).toBe(200)
  expect((await run).status).toBe('cancelled')
  await open.executor.onIdle()
  expect((await post(open.inspector.url, request)).status).toBe(409)
})

it.each(['POST', 'PUT', 'DELETE'])('does not treat a %s as a GET', async method => {
  const { executor, inspector } = await setup()
  await executor.run({ image: 'quick' })
  for (const path of ['events', 'actors/1', 'search']) {
    const { origin } = new URL(inspector.url)
    const response = await fetch(new URL(path, inspector.url), { method, headers: { Origin: origin } })
    expect({ path, status: response.status }).toEqual({ path, status: 405 })
  }
})
