import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cli } from '../support/cli.ts'
import { engineRequest } from '../support/engine/request.ts'
import { ensureTestImage, testImage } from '../support/images/images.ts'

test('explain prints each option with its reason, without an engine', async () => {
  const env = { DOCKER_HOST: 'unix:///no/such/socket' }
  const { code, stdout, stderr } = await cli(['explain', '-m', '64m', '-e', 'TOKEN=canary', 'busybox', 'echo', 'hi'], {
    env,
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Cmd: \["echo","hi"\] +# the task's command$/m)
  expect(stdout).toMatch(/^HostConfig\.CapDrop: \["ALL"\] +# default profile: no capabilities$/m)
  expect(stdout).toMatch(/\n\nThe security profile is not relaxed\.\n$/)
  expect(stdout).not.toContain('canary')
})

test('explain masks secrets wherever they occur', async () => {
  const secret = 'hunt"er\n2'
  const more = ['-l', `note=${secret}`, '-w', `/${secret}`, '-h', 'h']
  for (const form of [[], ['--json']]) {
    const args = ['explain', ...form, '-e', `PASSWORD=${secret}`, ...more, 'busybox', 'sh', '-c', `echo ${secret}`]
    const { code, stdout } = await cli(args)
    expect(code).toBe(0)
    expect(stdout).toContain('echo •••')
    expect(stdout).toContain('"note":"•••"')
    expect(stdout).not.toMatch(/hunt|er.n2/)
  }
})

test('explain lists the relaxations of the environment by name, and rejects what run rejects', async () => {
  const env = { COOKIETIN_ALLOW: 'capabilities swap', COOKIETIN_PIDS: '0' }
  const { stdout } = await cli(['explain', 'busybox'], { env })
  expect(stdout).toMatch(/Relaxed by the config: allow: capabilities, allow: swap, pids: 0\.\n$/)
  expect(await cli(['explain', '--hardened', '-u', 'root', 'busybox'])).toMatchObject({
    code: 125,
    stderr: expect.stringContaining("user: 'root' is not allowed"),
  })
})

test('explain --json prints the options that the engine gets', async () => {
  await ensureTestImage()
  const options = [
    '--hardened',
    '-m',
    '64m',
    '--cpus',
    '0.5',
    '--pids-limit',
    '33',
    '--ulimit',
    'nofile=99',
    '-w',
    '/tmp',
  ]
  const { stdout } = await cli(['explain', '--json', ...options, testImage, 'sleep', '60'])
  const explanation = JSON.parse(stdout) as { options: { option: string; value: unknown }[]; loosened: string[] }
  const explained = Object.fromEntries(explanation.options.map(({ option, value }) => [option, value]))
  const id = 'explained-run'
  const running = cli(['run', '--id', id, '--timeout', '60s', ...options, testImage, 'sleep', '60'])
  const filters = encodeURIComponent(JSON.stringify({ label: [`cookietin.id=${id}`], status: ['running'] }))
  const find = async () => (await engineRequest('GET', `/containers/json?filters=${filters}`)) as { Id: string }[]
  await expect.poll(async () => (await find()).length).toBe(1)
  const [{ Id } = { Id: '' }] = await find()
  const { Config, HostConfig } = (await engineRequest('GET', `/containers/${Id}/json`)) as {
    Config: Record<string, unknown>
    HostConfig: Record<string, unknown>
  }
  await engineRequest('POST', `/containers/${Id}/kill`)
  await running
  for (const [option, value] of Object.entries(explained)) {
    const name = option.replace('HostConfig.', '')
    if (name === 'Labels' || name === 'Env') continue
    const got = option.startsWith('HostConfig.') ? HostConfig[name] : Config[name]
    // The engine adds options and normalizes some.
    if (typeof value === 'object') expect(got, option).toMatchObject(value as object)
    else expect(got, option).toEqual(value)
  }
})

test('rejects a mount that resolves to a dangerous path', async () => {
  await ensureTestImage()
  const folder = mkdtempSync('/tmp/ct-')
  symlinkSync('/etc', join(folder, 'harmless'))
  const args = ['run', '--network', 'none', '-v', `${folder}/harmless:/x`, testImage, 'true']
  const { code, stderr } = await cli(args)
  expect(code).toBe(125)
  expect(stderr).toContain('a path that leads to /etc, which is in /etc, which controls the host')
  const allowed = await cli(args, { env: { COOKIETIN_ALLOW_DANGEROUS_MOUNTS: '1' } })
  expect(allowed).toMatchObject({ code: 0, stderr: '' })
  rmSync(folder, { recursive: true })
})
