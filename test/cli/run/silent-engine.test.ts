import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startCli } from '../../support/cli.ts'

const task = '{"image":"busybox"}\n'

/** Ends a command by a signal when the server has been asked. */
async function interrupted(server: Server, event: string, args: readonly string[], signal: NodeJS.Signals) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const run = startCli(args, { input: task, env: { DOCKER_HOST: `tcp://127.0.0.1:${port}` } })
    await once(server, event)
    const began = performance.now()
    run.process.kill(signal)
    const { code, stdout, stderr } = await run.end
    return { code, stdout, stderr, isPrompt: performance.now() - began < 5_000 }
  } finally {
    server.close()
  }
}

describe('an engine that accepts and is silent does not keep a command from ending', () => {
  test.for([
    [['run', 'busybox', 'true'], 'SIGINT', 130],
    [['run', 'busybox', 'true'], 'SIGTERM', 143],
    [['run', 'busybox', 'true'], 'SIGHUP', 129],
    [['run', 'busybox', 'true'], 'SIGQUIT', 131],
    [['batch'], 'SIGTERM', 143],
    [['batch', '--json'], 'SIGHUP', 129],
    [['ps'], 'SIGTERM', 143],
    [['gc'], 'SIGINT', 130],
    [['stop', '--all'], 'SIGTERM', 143],
    [['stats'], 'SIGTERM', 143],
    [['logs', 'x'], 'SIGTERM', 143],
    [['invoke', 'busybox'], 'SIGTERM', 143],
  ] as const)('%j at %s ends with %i', async ([args, signal, code]) => {
    const end = await interrupted(createTcpServer(), 'connection', args, signal)
    const told = signal === 'SIGINT' ? 'cookietin: cancelling; Ctrl-C again ends at once\n' : ''
    expect(end).toEqual({ code, stdout: '', stderr: told, isPrompt: true })
  })

  test('run --json prints a line', async () => {
    const end = await interrupted(createTcpServer(), 'connection', ['run', '--json', 'busybox'], 'SIGTERM')
    expect(end.code).toBe(143)
    expect(JSON.parse(end.stdout)).toMatchObject({ status: 'failed', error: { code: 'ERR_COOKIETIN_CANCELLED' } })
  })

  test('nor one that tells its version, and then nothing', async () => {
    const server = createServer((request, response) => {
      if (request.url?.endsWith('/version')) response.end('{"Version":"27.0.0","ApiVersion":"1.44"}')
      else server.emit('asked')
    })
    const { code, stderr } = await interrupted(server, 'asked', ['ps'], 'SIGTERM')
    server.closeAllConnections()
    expect({ code, stderr }).toEqual({ code: 143, stderr: '' })
  })

  test('nor one behind ssh, whose process ends with the command', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
    const ssh = join(dir, 'ssh')
    const pidFile = join(dir, 'pid')
    writeFileSync(ssh, `#!/bin/sh\necho $$ > ${pidFile}.new\nmv ${pidFile}.new ${pidFile}\nexec sleep 60\n`, {
      mode: 0o755,
    })
    const run = startCli(['ps'], {
      input: '',
      env: { DOCKER_HOST: 'ssh://h', COOKIETIN_SSH_COMMAND: ssh, TMPDIR: dir },
    })
    await expect.poll(() => existsSync(pidFile), { timeout: 10_000 }).toBe(true)
    run.process.kill('SIGTERM')
    expect((await run.end).code).toBe(143)
    const pid = Number(readFileSync(pidFile, 'utf8'))
    await expect.poll(() => existsSync(`/proc/${pid}/cwd`)).toBe(false)
    expect(readdirSync(dir).sort()).toEqual(['pid', 'ssh'])
    rmSync(dir, { recursive: true })
  })
})
