import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCli } from '../support/cli.ts'

const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
const socket = join(dir, 'engine.sock')

/** An engine that answers GET requests, and hangs on POST. */
const hung = createServer((request, response) => {
  if (request.method === 'POST') return
  const body = request.url?.endsWith('/version')
    ? { Version: '20.10.0', ApiVersion: '1.41', MinAPIVersion: '1.12' }
    : request.url?.includes('/containers/json')
      ? []
      : { Id: 'sha256:0', Config: {} }
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body))
})

beforeAll(() => new Promise<void>(resolve => void hung.listen(socket, resolve)))
afterAll(() => {
  hung.closeAllConnections()
  hung.close()
  rmSync(dir, { recursive: true })
})

test('a second Ctrl-C exits at once, even if the engine hangs', async () => {
  const asked = new Promise<void>(resolve => {
    hung.on('request', request => request.method === 'POST' && resolve())
  })
  const env = { DOCKER_HOST: `unix://${socket}` }
  const {
    process: child,
    untilStderr,
    end,
  } = startCli(['run', '--pull', 'never', 'busybox', 'true'], { input: '', env })
  await asked
  child.kill('SIGINT')
  await untilStderr('Ctrl-C again ends at once')
  child.kill('SIGINT')
  const { code, stderr } = await end
  expect(code).toBe(130)
  expect(stderr).toContain('`cookietin gc` removes it')
})
