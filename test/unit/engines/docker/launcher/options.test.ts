import { expect, test } from 'vitest'
import { createOptions } from '../../../../../src/engines/docker/create-options/build.ts'
import { differences, fixedOptions, useLauncher } from '../../../../../src/engines/docker/launcher/options.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'

const defaults = { enableTini: true, pids: 256, enableReadonlyRootfs: false, maxTmpfsInodes: 0, hostname: undefined }
const optionsOf = (task: object) => createOptions(resolveTask({ image: 'busybox', ...task }), defaults, {})
const difference = (one: object, other: object) =>
  differences(fixedOptions(optionsOf(one)), fixedOptions(optionsOf(other)))

test.each([
  [{ command: ['a'] }, { entrypoint: ['b'], command: ['c'] }],
  [{ env: { A: '1' } }, { env: { B: '2' } }],
  [{ workDir: '/a' }, {}],
  [{ input: 'x' }, {}],
  [{ id: 'aa', labels: { a: 'b' } }, { id: 'bb' }],
  [{ timeout: 1 }, {}],
])('%o and %o can run in the same container', (one, other) => {
  expect(difference(one, other)).toEqual([])
})

test.each([
  [{ memory: '64m' }, ['HostConfig.Memory', 'HostConfig.MemorySwap']],
  [{ user: '1' }, ['User']],
  [{ hostname: 'h' }, ['Hostname']],
  [{ volumes: [['/usr/share/zoneinfo', '/z', 'ro']] }, ['HostConfig.Mounts']],
  [{ network: 'n' }, ['HostConfig.NetworkMode']],
  [{ stopSignal: 'SIGINT' }, ['StopSignal']],
])('%o needs a container of its own', (task, expected) => {
  expect(difference(task, {})).toEqual(expected)
})

test('options are compared whatever the order of their keys', () => {
  const [one, other] = [optionsOf({}), optionsOf({})]
  other.HostConfig = Object.fromEntries(Object.entries(other.HostConfig).toReversed()) as typeof other.HostConfig
  expect(differences(fixedOptions(one), fixedOptions(other))).toEqual([])
})

test('the launcher is the init process, has one process more, and its volume is read-only', () => {
  const options = optionsOf({ command: ['a'], pids: 10, volumes: [['/usr/share/zoneinfo', '/z', 'ro']] })
  useLauncher(options, 'v')
  expect(options).toMatchObject({
    Entrypoint: ['/.cookietin/launch'],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
  })
  expect(options.Cmd).toBeUndefined()
  expect(options.HostConfig).toMatchObject({ Init: false, PidsLimit: 11 })
  expect(options.HostConfig.Mounts?.at(-1)).toEqual({
    Type: 'volume',
    Source: 'v',
    Target: '/.cookietin',
    ReadOnly: true,
  })
  const unlimited = createOptions(resolveTask({ image: 'busybox' }), { ...defaults, pids: 0 }, {})
  useLauncher(unlimited, 'v')
  expect(unlimited.HostConfig.PidsLimit).toBe(0)
})
