import { release } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { Api } from '../../../../../../src/engines/docker/connection/api.ts'
import type { Endpoint } from '../../../../../../src/engines/docker/connection/endpoint.ts'
import { fitFreezer, openFreezer } from '../../../../../../src/engines/docker/container/control/freezer-source.ts'

const local: Endpoint = { source: 'test', url: 'unix:///run/x.sock', at: { kind: 'unix', path: '/run/x.sock' } }
const remote: Endpoint = {
  source: 'test',
  url: 'tcp://far:2375',
  at: { kind: 'tcp', host: 'far', port: 2375, tls: undefined } as unknown as Endpoint['at'],
}

const version = '1'
const info = { KernelVersion: release(), CgroupVersion: version, DefaultRuntime: 'runc' }

const sourceOf = (freezer: 'engine' | 'cgroup' | 'auto', endpoint = local, reply: object = info) => {
  const asked: string[] = []
  const api = {
    request: async ({ path }: { path: string }) => {
      asked.push(path)
      return { body: reply }
    },
  } as unknown as Api
  const connection = { api, endpoint, podman: false, runc: '1.1.5' }
  return { asked, source: openFreezer(connection, { freezer, engineTimeout: 1_000 }) }
}

const target = { id: 'no such container', runtime: undefined, findPid: async () => undefined }

describe("freezer: 'auto'", () => {
  it.each([
    ['an engine elsewhere', { endpoint: remote }, info, 'may be on another machine'],
    ['another kernel', {}, { ...info, KernelVersion: '1.2.3' }, 'runs on another machine'],
    ['Podman', { podman: true }, info, 'the engine is Podman'],
    ['another runtime', {}, { ...info, DefaultRuntime: 'runsc' }, "the engine's runtime is runsc"],
    ['an unknown runtime', {}, { ...info, DefaultRuntime: undefined }, "the engine's runtime is not known"],
    ['an old runc', { runc: '1.0.3' }, info, 'takes runc 1.1.0 or later, and here it is 1.0.3'],
    ['an unknown runc', { runc: undefined }, info, 'here it is runc'],
    ['crun with cgroup v1', {}, { ...info, DefaultRuntime: 'crun' }, 'takes runc 1.1.0 or later'],
  ])('leaves freezing to the engine for %s, and tells why', async (_, engine, reply, why) => {
    const found = await fitFreezer({ endpoint: local, podman: false, runc: '1.1.5', ...engine }, async () => reply)
    // A machine without cgroup v1 has the reason that comes first.
    expect(found.why).toMatch(new RegExp(`${why}|are mounted|may not write`))
  })

  it('asks the engine at the first freeze, once', async () => {
    const { source, asked } = sourceOf('auto')
    const freezer = await source
    expect([asked, freezer.mayUseFiles]).toEqual([[], true])
    await Promise.all([freezer.find(target), freezer.find(target)])
    expect((await freezer.find(target)).why).toMatch(/its control group is not found|are mounted|may not write/)
    expect(asked).toEqual(['/info'])
  })

  it("leaves a container with a runtime of its own to the engine; 'cgroup' does not", async () => {
    const freezer = await sourceOf('auto').source
    expect(await freezer.find({ ...target, runtime: 'runsc' })).toEqual({ why: 'its runtime is runsc' })
    expect((await freezer.find({ ...target, runtime: 'runc' })).why).not.toContain('runtime')
  })

  it('asks again after an engine that did not answer', async () => {
    let replies = 0
    const api = {
      request: async () => {
        replies += 1
        if (replies === 1) throw new Error('no answer')
        return { body: { ...info, DefaultRuntime: 'kata' } }
      },
    } as unknown as Api
    const connection = { api, endpoint: local, podman: false, runc: '1.1.5' }
    const freezer = await openFreezer(connection, { freezer: 'auto', engineTimeout: 1_000 })
    expect(await freezer.find(target)).toEqual({ why: 'no answer' })
    expect((await freezer.find(target)).why).toMatch(/kata|are mounted|may not write/)
  })

  it('uses no file once one was refused', async () => {
    const freezer = await sourceOf('auto').source
    freezer.refuse('read-only')
    freezer.refuse('again')
    expect([freezer.mayUseFiles, await freezer.find(target)]).toEqual([false, { why: 'read-only' }])
  })
})

it("freezer: 'engine' asks nothing, and uses no file", async () => {
  const { source, asked } = sourceOf('engine')
  const freezer = await source
  expect([freezer.mayUseFiles, await freezer.find(target), asked]).toEqual([false, {}, []])
})

it("freezer: 'cgroup' is refused where the files cannot be used", async () => {
  await expect(sourceOf('cgroup', remote).source).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_CONFIG',
    message:
      "Invalid config: freezer: 'cgroup' is not allowed, it must be 'engine' or 'auto' here: the engine at tcp://far:2375 may be on another machine",
  })
})
