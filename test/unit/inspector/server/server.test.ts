import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Access } from '../../../../src/inspector/server/access.ts'
import type { PageEnv } from '../../../../src/inspector/server/raw-body.ts'
import { type PageServer, servePage } from '../../../../src/inspector/server/server.ts'
import { checkLeaks } from '../../../support/leaks/hooks.ts'

checkLeaks()

const token = 'a-token-that-is-long-enough'
const compressed = brotliCompressSync('<p>the page')
let folder: string
let server: PageServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ct-'))
  await writeFile(join(folder, 'index.html.br'), compressed)
  await writeFile(join(folder, 'secret.txt.br'), compressed)
  await writeFile(join(folder, 'plain.js'), 'no')
  server = await serve()
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const serve = (host = '127.0.0.1') =>
  servePage({
    folder,
    host,
    port: 0,
    token,
    routes: new Hono<PageEnv>().post('/act', context => context.text('acted')),
  })

interface Answer {
  readonly status: number
  readonly text: string
  readonly body: Buffer
  readonly headers: IncomingHttpHeaders
}

/** A request with any Host, which `fetch` would not send. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET', base = server.url): Promise<Answer> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, path, headers, method, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () => {
        const body = Buffer.concat(chunks)
        resolve({ status: response.statusCode ?? 0, text: body.toString(), body, headers: response.headers })
      })
    })
    call.on('error', reject).end()
  })
}

const own = () => new URL(server.url).host

it('serves the page to requests with the token, under a strict policy', async () => {
  const { status, text, headers } = await ask(`/${token}/`)
  expect({ status, text }).toEqual({ status: 200, text: '<p>the page' })
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
  })
})

it.each(['br', 'gzip, deflate, br', 'BR;q=0.5', 'gzip , br ; q=1.0'])(
  'sends the page compressed to who accepts %s',
  async accepted => {
    const { status, body, headers } = await ask(`/${token}/`, { 'Accept-Encoding': accepted })
    expect({ status, body }).toEqual({ status: 200, body: compressed })
    expect(headers).toMatchObject({ 'content-encoding': 'br', 'content-type': 'text/html; charset=utf-8' })
  },
)

it.each(['', 'gzip', 'br;q=0', 'gzip, br;q=0.000', '*', 'x-br'])(
  'sends the page as it is to who accepts "%s"',
  async accepted => {
    const { text, headers } = await ask(`/${token}/`, { 'Accept-Encoding': accepted })
    expect(text).toBe('<p>the page')
    expect(headers).toMatchObject({ vary: 'Accept-Encoding', 'content-type': 'text/html; charset=utf-8' })
    expect(headers).not.toHaveProperty('content-encoding')
  },
)

it.each([
  '/',
  '/wrong/',
  `/${token}x/`,
  `/${token.slice(1)}/`,
  `/${token}`,
  `/?token=${token}`,
  '/favicon.ico',
  `//${token}/`,
])('forbids %s', async path => {
  expect(await ask(path)).toMatchObject({ status: 403 })
})

it.each(['evil.example', 'evil.example:80', 'localhost', '127.0.0.1:1', '127.0.0.1.evil.example', '[::2]'])(
  'forbids the foreign Host %s',
  async host => {
    const { port } = new URL(server.url)
    const withPort = /:\d+$|^\[|localhost/.test(host) ? host : `${host}:${port}`
    expect(await ask(`/${token}/`, { Host: withPort })).toMatchObject({ status: 403 })
  },
)

it('accepts each name of this machine', async () => {
  const { port } = new URL(server.url)
  for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
    expect(await ask(`/${token}/`, { Host: `${host}:${port}` }), host).toMatchObject({ status: 200 })
  }
})

it('forbids pages of other origins, and a POST without an origin', async () => {
  const origin = `http://${own()}`
  expect(await ask(`/${token}/act`, { Origin: origin }, 'POST')).toMatchObject({ status: 200, text: 'acted' })
  for (const foreign of [
    'http://evil.example',
    'null',
    `https://${own()}`,
    `${origin}.evil.example`,
    'http://127.0.0.1:1',
  ]) {
    expect(await ask(`/${token}/act`, { Origin: foreign }, 'POST'), foreign).toMatchObject({ status: 403 })
    expect(await ask(`/${token}/`, { Origin: foreign }), foreign).toMatchObject({ status: 403 })
  }
  expect(await ask(`/${token}/act`, {}, 'POST')).toMatchObject({ status: 403 })
})

it('serves only the files of the page', async () => {
  for (const path of [
    'secret.txt',
    '../package.json',
    '%2e%2e/package.json',
    'a/index.html',
    '.hidden.js',
    'none.js',
    'plain.js',
    'index.html.br',
  ]) {
    const { status, text } = await ask(`/${token}/${path}`)
    expect(status, path).toBe(404)
    expect(text).toBe('Not found\n')
  }
  expect(await ask(`/${token}/index.html`, { Origin: `http://${own()}` }, 'PUT')).toMatchObject({ status: 405 })
})

it('accepts any address but no name when it is bound to every address', () => {
  const access = new Access({ token, host: '0.0.0.0', port: () => 80 })
  const allows = (host: string) =>
    access.allows({ url: `/${token}/x`, method: 'GET', headers: { host } } as Parameters<Access['allows']>[0])
  expect(['192.168.1.7', '192.168.1.7:80', 'evil.example'].map(allows)).toEqual([true, true, false])
})

it('accepts allowed hosts, also over TLS, and no other', () => {
  const access = new Access({
    token,
    host: '127.0.0.1',
    port: () => 8080,
    allowedHosts: ['localhost:9000', 'Space-8080.app.example', '[::2]:1'],
  })
  const allows = (host: string, origin?: string) =>
    access.allows({ url: `/${token}/x`, method: 'GET', headers: { host, origin } } as Parameters<Access['allows']>[0])
  expect(allows('localhost:9000', 'http://localhost:9000')).toBe(true)
  expect(allows('space-8080.APP.example', 'https://space-8080.app.example')).toBe(true)
  expect(allows('space-8080.app.example:81')).toBe(true)
  expect(allows('[::2]:1')).toBe(true)
  expect(allows('localhost:8080', 'https://localhost:8080')).toBe(false)
  for (const host of ['localhost:9001', 'app.example', 'evil-space-8080.app.example', '[::2]', '[::2]:2']) {
    expect(allows(host), host).toBe(false)
  }
  expect(allows('localhost:8080', 'http://localhost:9001')).toBe(false)
})

it('reports why it cannot listen', async () => {
  const { port } = new URL(server.url)
  await expect(
    servePage({ folder, host: '127.0.0.1', port: Number(port), token, routes: new Hono() }),
  ).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INSPECTOR_FAILED', message: expect.stringContaining('EADDRINUSE') })
})
