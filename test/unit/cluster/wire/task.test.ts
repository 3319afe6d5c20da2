import { describe, expect, it } from 'vitest'
import { decodeTask, encodeTask } from '../../../../src/cluster/wire/task.ts'
import { resolveTask } from '../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../src/task/task.ts'

const send = (task: ContainerTask) =>
  decodeTask(JSON.parse(JSON.stringify(encodeTask(resolveTask(task)))), given => resolveTask(given))

/** Every field that a create call depends on. */
const full: ContainerTask = {
  id: 'full-1',
  image: 'registry.example.com/a/b:1',
  command: ['sh', '-c', 'x'],
  entrypoint: ['e', 'f'],
  labels: { a: 'b' },
  platform: 'linux/amd64',
  env: { A: '1', EMPTY: '' },
  secrets: ['hidden text'],
  timeout: 1_000,
  stopSignal: 'SIGINT',
  stopGrace: 50,
  thaw: true,
  memory: '64m',
  cpus: 500,
  fsSize: 10,
  tmpFsSize: 5,
  pids: 20,
  ulimits: { nofile: { soft: 10, hard: 20 }, core: 0 },
  shmSize: '1m',
  gpus: 1,
  volumes: [['/usr/share/zoneinfo', '/z', 'ro'], { volume: 'data', target: '/v', readOnly: true }],
  artifacts: ['/out'],
  maxArtifacts: 1_000,
  maxArtifactEntries: 10,
  artifactsTimeout: 100,
  workDir: '/w',
  user: '1000:1000',
  network: 'n',
  extraHosts: { h: '1.2.3.4' },
  dns: ['1.1.1.1'],
  hostname: 'h',
  tmpfs: { '/t': { size: '1m', mode: 0o700, exec: true } },
  init: true,
  capAdd: ['SYS_PTRACE'],
  capDrop: ['CHOWN'],
  runtime: 'r',
  profile: 'hardened',
  pull: 'never',
  auth: { username: 'u', password: 'p' },
  loggerConfig: { url: 'tcp://127.0.0.1:514', tags: { a: 'b' } },
  extensions: { x: 'y' },
}

describe('a task on the wire', () => {
  it('is the same on the other side', () => {
    for (const task of [
      full,
      { id: 'aa', image: 'busybox' },
      { id: 'aa', image: 'busybox', entrypoint: null, command: ['x'] },
    ])
      expect(send(task)).toEqual(resolveTask(task))
  })

  it('tells that there is an input, and where files will be, and not what is in them', () => {
    const sent = encodeTask(resolveTask({ image: 'busybox', input: 'my input', files: { '/a/b': 'hidden' } }))
    expect(JSON.stringify(sent)).not.toMatch(/my input|hidden/)
    expect([sent.hasInput, sent.files]).toEqual([true, [{ path: '/a/b', isFile: true }]])
  })

  it.each([
    [{ containerOptions: () => {} }, 'containerOptions'],
    [{ auth: async () => undefined }, 'auth'],
  ])('is refused with what cannot be sent: %o', (rest, field) => {
    expect(() => encodeTask(resolveTask({ image: 'busybox', ...rest } as ContainerTask))).toThrow(field)
  })

  it.each([
    [undefined],
    [{ task: 1, files: [] }],
    [{ task: { image: 'busybox', udsPath: '/x' }, files: [], hasInput: false }],
    [{ task: { image: 'busybox', memory: 'much' }, files: [], hasInput: false }],
    [{ task: { image: 'busybox' }, files: [{ path: '/a/../../etc' }], hasInput: false }],
    [{ task: { image: 'busybox' }, files: [{ path: 1 }], hasInput: false }],
    [{ task: { image: 'busybox', unknown: 1 }, files: [], hasInput: false }],
  ])('is refused when it is not one: %j', value => {
    expect(() => decodeTask(value, given => resolveTask(given))).toThrow(/not allowed, it must be/)
  })
})
