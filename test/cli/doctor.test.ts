import { expect, test } from 'vitest'
import { cli } from '../support/cli.ts'
import { startFakeEngine } from '../support/engine/fake.ts'
import { engineRequest } from '../support/engine/request.ts'

test('prints the engine, its versions, cgroups, storage and features', async () => {
  const info = (await engineRequest('GET', '/info')) as Record<string, string>
  const { ApiVersion, Version } = (await engineRequest('GET', '/version')) as Record<string, string>
  const { code, stdout, stderr } = await cli(['doctor'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(`✔  ${process.env.DOCKER_HOST}`)
  expect(stdout).toContain(`engine ${Version}, API ${ApiVersion}`)
  expect(stdout).toContain(`v${info.CgroupVersion ?? '1'}, driver ${info.CgroupDriver}`)
  expect(stdout).toContain(`storage    ${info.Driver}`)
  expect(stdout).toMatch(/What works there:\n( {2}[✔✘] {2}\w+\n)+/)
})

test('--json prints the same as JSON', async () => {
  const { code, stdout } = await cli(['doctor', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    engine: process.env.DOCKER_HOST,
    tried: [{ source: 'DOCKER_HOST', ok: true }],
    abilities: expect.arrayContaining([{ name: 'pids', works: true }]),
  })
})

test('without an engine prints each address with its error, and exits with 1', async () => {
  const env = { DOCKER_HOST: '', DOCKER_CONTEXT: '', HOME: '/no/home', XDG_RUNTIME_DIR: '/no/runtime' }
  const { code, stdout } = await cli(['doctor'], { env })
  // The default socket of this machine may answer or not.
  expect([0, 1]).toContain(code)
  expect(stdout).toMatch(/unix:\/\/\/var\/run\/docker.sock +default socket/)
  expect(stdout).toMatch(/✘ +unix:\/\/\/no\/runtime\/docker.sock +rootless socket +no such socket/)

  const none = await cli(['doctor'], { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } })
  expect(none.code).toBe(1)
  expect(none.stdout).toMatch(/✘ +tcp:\/\/127.0.0.1:1 +DOCKER_HOST +nothing listens there/)
  expect(none.stdout).toContain('Only DOCKER_HOST was tried')
})

test('reports an invalid DOCKER_HOST', async () => {
  const { code, stderr } = await cli(['doctor'], { env: { DOCKER_HOST: 'gopher://x' } })
  expect(code).toBe(125)
  expect(stderr).toContain('DOCKER_HOST')
})

test('what an engine says of itself is harmless on a terminal', async () => {
  const evil = 'x\u001b]0;title\u0007\u009b2J\u202ey'
  const info = {
    OperatingSystem: evil,
    Driver: evil,
    Warnings: [evil],
    Runtimes: { [evil]: {} },
    SecurityOptions: [evil],
  }
  await using engine = await startFakeEngine(() => info, { Version: evil, ApiVersion: '1.44', MinAPIVersion: '1.24' })
  for (const args of [['doctor'], ['doctor', '--json']]) {
    const { code, stdout, stderr } = await cli(args, { env: { DOCKER_HOST: engine.address } })
    expect(code).toBe(0)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is for control characters
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(stdout).toContain('title')
  }
})
