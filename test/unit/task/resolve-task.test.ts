import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type FieldIssue, InvalidInputError } from '../../../src/errors.ts'
import { type ResolveTaskOptions, resolveTask } from '../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../src/task/task.ts'

/** The issues of a task that is not allowed; none when it is. */
function issuesOf(fields: object, options?: ResolveTaskOptions): readonly FieldIssue[] {
  try {
    resolveTask({ image: 'busybox', ...fields } as ContainerTask, options)
    return []
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    expect(error.code).toBe('ERR_COOKIETIN_INVALID_TASK')
    for (const { field } of error.issues) expect(error.message).toContain(field)
    return error.issues
  }
}

const refusedFields = (fields: object, options?: ResolveTaskOptions) =>
  issuesOf(fields, options).map(issue => issue.field)

describe('resolveTask', () => {
  it('requires only an image', () => {
    const task = resolveTask({ image: 'busybox' })
    expect(task).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{16}$/),
      image: 'busybox',
      imageName: { registry: '', repository: 'library/busybox', tag: 'latest' },
      command: [],
      env: {},
      secrets: [],
      input: undefined,
      stdout: undefined,
      stderr: undefined,
      encoding: 'utf8',
      onStat: undefined,
      timeout: Number.POSITIVE_INFINITY,
      stopSignal: undefined,
      stopGrace: 0,
      thaw: false,
      memory: 0,
      cpus: 0,
      fsSize: 0,
      tmpFsSize: 0,
      pids: 0,
      ulimits: {},
      volumes: [],
      files: [],
      artifacts: [],
      maxArtifacts: 64 * 1024 * 1024,
      maxArtifactEntries: 10_000,
      artifactsTimeout: 10_000,
      namedVolumes: [],
      tmpfs: [],
      entrypoint: undefined,
      labels: {},
      platform: undefined,
      network: undefined,
      gpus: 0,
      runtime: undefined,
      shmSize: 0,
      extraHosts: {},
      dns: [],
      hostname: undefined,
      init: undefined,
      capAdd: [],
      capDrop: [],
      containerOptions: undefined,
      workDir: undefined,
      user: undefined,
      disableNet: false,
      profile: 'default',
      pull: 'missing',
      auth: undefined,
      loggerConfig: undefined,
      extensions: {},
      udsPath: undefined,
    })
  })

  it('accepts a task with every field', () => {
    const stdout = new PassThrough()
    const onStat = () => {}
    const auth = () => undefined
    const task = resolveTask({
      image: 'ghcr.io/o/r:1',
      id: 'run-1',
      command: ['sh', '-c', 'echo "$A"', ''],
      env: { A: 'x=y\nz', 'b.c-d': '' },
      input: 'hello',
      stdout,
      stderr: stdout,
      encoding: 'buffer',
      onStat,
      timeout: 2 ** 31,
      memory: '64m',
      cpus: 1500,
      fsSize: 10,
      tmpFsSize: 20,
      pids: 7,
      ulimits: { nofile: 1024, core: 0 },
      volumes: [
        ['/srv/data', '/data', 'ro'],
        ['/srv/out', '/out'],
      ],
      workDir: '/data',
      user: '1000:staff',
      disableNet: true,
      profile: 'hardened',
      pull: 'never',
      auth,
      loggerConfig: { url: 'tcp://127.0.0.1:514', tags: [{ name: 'a', value: 'b' }] },
      extensions: { x: 'y' },
      udsPath: '/srv/sockets/1',
    })
    expect(task).toMatchObject({
      command: ['sh', '-c', 'echo "$A"', ''],
      env: { A: 'x=y\nz', 'b.c-d': '' },
      timeout: 2 ** 31,
      memory: 67_108_864,
      volumes: [
        { source: '/srv/data', target: '/data', readOnly: true },
        { source: '/srv/out', target: '/out', readOnly: false },
      ],
      loggerConfig: { url: 'tcp://127.0.0.1:514', tags: [['a', 'b']] },
    })
    expect(task.stdout).toBe(stdout)
    expect(task.onStat).toBe(onStat)
    expect(task.auth).toBe(auth)
  })

  it('lists every bad field at once, with what is allowed', () => {
    const fields = { image: 'Foo', timeout: -1, memory: '5m', comand: 'x' }
    expect(refusedFields(fields).toSorted()).toEqual(['comand', 'image', 'memory', 'timeout'])
    expect(() => resolveTask({ image: 'busybox', memory: '5m' })).toThrow(
      "Invalid task: memory: '5m' is not allowed, it must be a number of bytes or a size such as '64m', 6 MiB at least, or 0 for no limit",
    )
  })

  it.each([
    ['comand', 'given as command'],
    ['Image', 'given as image'],
    ['mem', 'given as memory'],
    ['tmp_fs_size', 'given as tmpFsSize'],
    ['envVars', 'given as env'],
    ['cwd', 'given as workDir'],
    ['privileged', 'left out'],
    ['constructor', 'left out'],
  ])('refuses the unknown field %s', (name, hint) => {
    const [issue, ...others] = issuesOf({ [name]: 1 })
    expect(others).toEqual([])
    expect(issue).toMatchObject({ field: name, allowed: expect.stringContaining(hint) })
  })

  it.each([undefined, null, 'busybox', 7, ['busybox']])('refuses %o as a task', task => {
    expect(() => resolveTask(task as unknown as ContainerTask)).toThrow(InvalidInputError)
  })

  it('freezes the resolved task, and no object of the caller', () => {
    const env = { A: '1' }
    const command = ['true']
    const volumes: [string, string][] = [['/srv/a', '/a']]
    const auth = { username: 'u' }
    const input = Readable.from(['x'])
    const task = resolveTask({ image: 'busybox', env, command, volumes, auth, input, ulimits: { core: 1 } })
    const parts = [task, task.imageName, task.command, task.env, task.volumes, task.volumes[0], task.auth, task.ulimits]
    for (const part of parts) expect(Object.isFrozen(part)).toBe(true)
    for (const part of [env, command, volumes, volumes[0], auth, input]) expect(Object.isFrozen(part)).toBe(false)
    env.A = '2'
    command.push('x')
    expect(task.env).toEqual({ A: '1' })
    expect(task.command).toEqual(['true'])
  })

  it('does not let a field named __proto__ change anything', () => {
    const env = JSON.parse('{"__proto__": "x"}') as Record<string, string>
    const resolved = resolveTask({ image: 'busybox', env }).env
    expect(Object.entries(resolved)).toEqual([['__proto__', 'x']])
  })
})

describe('id', () => {
  it.each(['', 'a', '-a', '.a', 'ü1', 'a/b', 'a b', '../x', 'a?force=1', 'a\n', 'x'.repeat(129), 7])(
    'refuses %o',
    id => {
      expect(refusedFields({ id })).toEqual(['id'])
    },
  )

  it('is random by default, and fits the grammar', () => {
    const ids = Array.from({ length: 1000 }, () => resolveTask({ image: 'busybox' }).id)
    expect(new Set(ids).size).toBe(1000)
    expect(refusedFields({ id: ids[0] })).toEqual([])
  })

  it('sorts by age', () => {
    onTestFinished(() => void vi.useRealTimers())
    const ids = [0, 35, 36, 1e12, 1.8e12, 2e12].map(now => {
      vi.useFakeTimers({ now })
      return resolveTask({ image: 'busybox' }).id
    })
    expect(ids).toEqual(ids.toSorted())
  })
})

describe('command and env', () => {
  it('splits a string at white space as Fn does, without quoting', () => {
    const words = (command: string) => resolveTask({ image: 'busybox', command }).command
    expect(words(`  sh -c\t"a b"\n\u3000c\u0085d `)).toEqual(['sh', '-c', '"a', 'b"', 'c', 'd'])
    expect(words(' ')).toEqual([])
  })

  it('accepts a string of 131071 bytes in UTF-8, and refuses one more', () => {
    const longest = 'é'.repeat(65_535)
    expect(refusedFields({ command: ['echo', `${longest}x`] })).toEqual([])
    expect(refusedFields({ command: ['echo', `${longest}xx`] })).toEqual(['command[1]'])
    expect(refusedFields({ env: { AB: `${longest.slice(1)}` } })).toEqual([])
    expect(refusedFields({ env: { AB: `${longest.slice(1)}` }, command: ['x'] })).toEqual([])
    expect(refusedFields({ env: { A: longest } })).toEqual(['env.A'])
  })

  it('refuses more than 1.9 MiB together', () => {
    const env = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`A${index}`, 'x'.repeat(100_000)]))
    expect(refusedFields({ env })).toEqual(['command and env'])
  })

  it.each([
    [{ command: ['a\0b'] }, 'command[0]'],
    [{ command: 'a\0b' }, 'command'],
    [{ command: ['a', '\ud800'] }, 'command[1]'],
    [{ command: [''] }, 'command[0]'],
    [{ command: ['a', 7] }, 'command[1]'],
    [{ command: { 0: 'a' } }, 'command'],
    [{ env: { A: 'a\0b' } }, 'env.A'],
    [{ env: { A: '\udfff' } }, 'env.A'],
    [{ env: { A: 7 } }, 'env.A'],
    [{ env: { A: undefined } }, 'env.A'],
    [{ env: { '': 'a' } }, 'env'],
    [{ env: { 'A\0': 'a' } }, 'env'],
    [{ env: { 'A=b': 'a' } }, 'env.A'],
    [{ env: ['A=b'] }, 'env'],
    [{ env: new Map([['A', 'b']]) }, 'env'],
    [{ env: 'A=b' }, 'env'],
  ])('refuses %o', (fields, field) => {
    expect(refusedFields(fields)).toEqual([field])
  })
})

describe('limits', () => {
  it.each([0, Number.POSITIVE_INFINITY, undefined])('reads a timeout of %o as none', timeout => {
    expect(resolveTask({ image: 'busybox', timeout }).timeout).toBe(Number.POSITIVE_INFINITY)
  })

  it.each([
    ['timeout', [-1, Number.NaN, '5s', true, null]],
    ['memory', ['5m', 6 * 1024 * 1024 - 1, -1, 1.5, 'lots', Number.NaN, null]],
    ['cpus', [9, -1, 10.5, '1500', Number.POSITIVE_INFINITY]],
    ['fsSize', [-1, 0.5, '10']],
    ['tmpFsSize', [-1, 0.5, '10']],
    ['pids', [-1, 0.5, '10']],
    ['disableNet', ['true', 1]],
    ['profile', ['harden', true]],
    ['pull', ['ifmissing', true]],
    ['encoding', ['utf-8', 'base64']],
    ['ulimits', [[1], 'nofile=1']],
    ['user', ['a b', '1:2:3', ':1', 'a:', '-x', '2147483648', 1.5, -1, true]],
    ['workDir', ['data', './data', '/proc', '/proc/self/fd/8', '/data/../proc/1', '/a\0']],
    ['onStat', ['x', {}]],
    ['stdout', ['x', {}, { write() {} }]],
  ])('refuses a wrong %s', (field, values) => {
    for (const value of values) expect(refusedFields({ [field]: value }), String(value)).toEqual([field])
  })

  it('knows the ulimits of docker', () => {
    const [issue] = issuesOf({ ulimits: { nofiles: 5 } })
    expect(issue).toMatchObject({ field: 'ulimits.nofiles', allowed: 'given as nofile' })
    expect(refusedFields({ ulimits: { nofile: -2 } })).toEqual(['ulimits.nofile'])
    expect(refusedFields({ ulimits: { nofile: { soft: 2, hard: 1 }, core: { soft: -1, hard: 0 } } })).toEqual([
      'ulimits.nofile.soft',
      'ulimits.core.soft',
    ])
    expect(refusedFields({ ulimits: { core: -1, nofile: { soft: 1, hard: -1 } } })).toEqual([])
    expect(refusedFields({ ulimits: { nofile: 1, nproc: 2, memlock: 3, core: 0 } })).toEqual([])
  })
})

describe('volumes', () => {
  const targets = [
    '/',
    '/proc',
    '/proc/1',
    '/sys',
    '/dev',
    '/dev/shm',
    '/tmp/iofs',
    '/tmp/iofs/x',
    'data',
    '/a/../b',
    '/a\0',
  ]
  it.each(targets)('refuses the target %o', target => {
    expect(refusedFields({ volumes: [['/srv/a', target]] })).toEqual(['volumes[0].target'])
  })

  const sources = [
    ...[
      '/',
      '/etc',
      '/etc/passwd',
      '/proc',
      '/proc/self/root',
      '/sys',
      '/dev/sda',
      '/boot',
      '/root',
      '/home',
      '/run',
      '/var',
      '/tmp',
    ],
    ...[
      '/usr/bin',
      '/usr/local',
      '/lib/systemd',
      '/sbin/init',
      '/root/.bashrc',
      '/home/me/.config/autostart',
      '/var/spool/cron',
    ],
    ...['/var/lib/systemd', '/var/lib/dpkg/info', '/etc/localtime', '/run/user/1000/bus', '/run/systemd/private'],
    ...[
      '/var/run',
      '/var/lib',
      '/var/lib/docker',
      '/var/lib/docker/volumes',
      '/run/docker.sock',
      '/var/run/docker.sock',
    ],
    ...['/srv/docker.sock', '/run/containerd', '/run/user/1000', '/run/user/1000/podman/podman.sock', '/root/.ssh/id'],
    ...['srv', '/srv/..', '/srv/../etc', '', 7],
  ]
  it.each(sources)('refuses the source %o', source => {
    expect(refusedFields({ volumes: [[source, '/data']] })).toEqual(['volumes[0].source'])
  })

  it.each([
    '/srv',
    '/home/me/data',
    '/root/data',
    '/tmp/in',
    '/home/me/.cache/x',
    '/run/my',
    '/etcetera',
    '/developers',
    '/var/lib/dockerish',
  ])('takes the source %o', source => {
    expect(refusedFields({ volumes: [[source, '/data']] })).toEqual([])
    expect(refusedFields({ udsPath: source })).toEqual([])
  })

  it.each([['/etc/localtime'], ['/etc/ssl/certs'], ['/usr/share/zoneinfo/Europe']])(
    'takes the source %s read-only',
    source => {
      expect(refusedFields({ volumes: [[source, '/data', 'ro']] })).toEqual([])
    },
  )

  it('reads paths as docker does: without slashes at the end, and without double ones', () => {
    const { volumes } = resolveTask({ image: 'busybox', volumes: [['/srv//a/', '/w/./x/']] })
    expect(volumes).toEqual([{ source: '/srv/a', target: '/w/x', readOnly: false }])
  })

  it('mounts a dangerous source only where the config allows it', () => {
    expect(refusedFields({ volumes: [['/etc', '/data']], udsPath: '/dev' })).toEqual(['volumes[0].source', 'udsPath'])
    expect(refusedFields({ volumes: [['/etc', '/data']], udsPath: '/dev' }, { allowDangerousMounts: true })).toEqual([])
    expect(refusedFields({ volumes: [['/a/../etc', '/data']] }, { allowDangerousMounts: true })).toEqual([
      'volumes[0].source',
    ])
  })

  it('refuses one target twice, another mode, another shape, and /tmp beside a tmpfs there', () => {
    const a = ['/srv/a', '/a']
    expect(refusedFields({ volumes: [a, ['/srv/b', '/a']] })).toEqual(['volumes[1].target'])
    expect(refusedFields({ volumes: [[...a, 'rshared']] })).toEqual(['volumes[0].mode'])
    expect(refusedFields({ volumes: [['/srv/a'], a.join(':'), [...a, 'ro', 1]] })).toEqual([
      'volumes[0]',
      'volumes[1]',
      'volumes[2]',
    ])
    expect(refusedFields({ volumes: a.join(':') })).toEqual(['volumes'])
    expect(refusedFields({ volumes: [['/srv/a', '/tmp']], tmpFsSize: 5 })).toEqual(['tmpFsSize'])
    expect(refusedFields({ volumes: [['/srv/a', '/tmp']] })).toEqual([])
  })
})

describe('input, auth and logger', () => {
  async function* chunks() {
    yield 'a'
  }
  it.each([
    ['a string', 'x'],
    ['bytes', Buffer.from('x')],
    ['an array', ['x']],
    ['an async generator', chunks()],
    ['a Node.js stream', Readable.from(['x'])],
    ['a web stream', new ReadableStream()],
  ])('takes %s as input', (_, input) => {
    expect(resolveTask({ image: 'busybox', input: input as NonNullable<ContainerTask['input']> }).input).toBe(input)
  })

  it('refuses other kinds of input, and streams that cannot be read', () => {
    const locked = new ReadableStream()
    locked.getReader()
    const destroyed = new Readable({ read() {} })
    destroyed.destroy()
    for (const input of [7, null, {}, new ArrayBuffer(1), true, locked, destroyed])
      expect(refusedFields({ input })).toEqual(['input'])
  })

  it('refuses an ended writable', () => {
    const ended = new PassThrough()
    ended.end()
    expect(refusedFields({ stdout: ended, stderr: ended })).toEqual(['stdout', 'stderr'])
  })

  it('knows the schemes of syslog', () => {
    for (const url of ['tcp://h:1', 'udp://h', 'tcp+tls://h:1', 'unix:///dev/log', 'unixgram:///dev/log']) {
      expect(refusedFields({ loggerConfig: { url } })).toEqual([])
    }
    for (const url of ['h:1', 'http://h', 'tcp://', 'unix://dev', 'tcp://h/x', 'tcp://a b', 7]) {
      expect(refusedFields({ loggerConfig: { url } })).toEqual(['loggerConfig.url'])
    }
    expect(resolveTask({ image: 'busybox', loggerConfig: { url: '' } }).loggerConfig).toBeUndefined()
    expect(
      refusedFields({ loggerConfig: { url: 'udp://h', tags: { a: '{{.ID}}', 'b=': 'c', d: 'e,f', g: 'h' } } }),
    ).toEqual(['loggerConfig.tags[0]', 'loggerConfig.tags[1]', 'loggerConfig.tags[2]'])
  })

  it('never shows env values, auth or input in an error', () => {
    const secret = 'CANARY'
    const bad = fc.constantFrom<object>(
      { env: { A: `${secret}\0` } },
      { env: { [`A=${secret}`]: 'x' } },
      { env: { '': secret } },
      { env: [secret] },
      { env: secret },
      { environment: { A: secret } },
      { environment: secret },
      { auth: secret },
      { auth: { password: `${secret}\0` } },
      { auth: { token: secret } },
      { auth: [secret] },
      { input: { secret } },
      { stdin: secret },
    )
    fc.assert(
      fc.property(bad, bad, (one, other) => {
        const issues = issuesOf({ ...one, ...other })
        expect(issues.length).toBeGreaterThan(0)
        expect(JSON.stringify(issues)).not.toContain(secret)
      }),
    )
  })

  it('throws only an InvalidInputError, for any input', () => {
    const fields = [
      'image',
      'id',
      'command',
      'env',
      'input',
      'stdout',
      'timeout',
      'memory',
      'ulimits',
      'volumes',
      'auth',
      'loggerConfig',
    ]
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...fields), fc.anything({ withNullPrototype: true, withBigInt: true })),
        task => {
          issuesOf(task)
        },
      ),
      { numRuns: 500 },
    )
  })
})
