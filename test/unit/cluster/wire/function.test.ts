import { expect, test } from 'vitest'
import { decodeFunction, encodeFunction, keyOfFunction } from '../../../../src/cluster/wire/function.ts'
import { resolveSpec } from '../../../../src/functions/spec.ts'
import { resolveTask } from '../../../../src/task/resolve-task.ts'

function encoded(spec: object) {
  const { task, minContainers, ...settings } = resolveSpec({ image: 'greet', ...spec }, 8)
  return encodeFunction({ task: resolveTask(task), settings })
}

const overWire = (spec: object) => decodeFunction(JSON.parse(JSON.stringify(encoded(spec))), resolveTask).spec

test('a function is the same on both sides of the wire', () => {
  const spec = {
    ...{ name: 'hello', command: ['node', 'f.js'], env: { A: 'b' }, memory: '64m', cpus: 500, labels: { team: 'a' } },
    ...{ idleTimeout: Number.POSITIVE_INFINITY, freezeAfter: 0, maxResponseBody: 1024, maxContainers: 3, spares: 2 },
    files: { '/a': 'text', '/b': { content: Buffer.from([0, 255]), mode: 0o755 } },
  }
  const settings = ({ task, minContainers, ...rest }: ReturnType<typeof resolveSpec>) => rest
  const [here, there] = [resolveSpec({ image: 'greet', ...spec }, 8), resolveSpec(overWire(spec), 1)]
  expect(settings(there)).toEqual(settings(here))
  const [own, other] = [resolveTask(here.task), resolveTask(there.task)]
  expect({ ...other, id: '', files: [] }).toEqual({ ...own, id: '', files: [] })
  expect(other.files.map(({ path, content, mode }) => [path, Buffer.from(content as Buffer), mode])).toEqual([
    ['/a', Buffer.from('text'), undefined],
    ['/b', Buffer.from([0, 255]), 0o755],
  ])
})

test('functions have the same key exactly when their specs are the same', () => {
  const key = (spec: object) => keyOfFunction(encoded(spec))
  expect(key({ memory: '64m' })).toBe(key({ memory: 64 * 2 ** 20 }))
  expect(key({ memory: '64m' })).not.toBe(key({ memory: '65m' }))
  expect(key({ idleTimeout: 1 })).not.toBe(key({ idleTimeout: 2 }))
})

test('what is a field of the task is not taken from elsewhere: the policy of the host would not see it', () => {
  const settings = {
    volumes: [['/opt', '/h']],
    user: '0',
    env: { A: '1' },
    network: 'host',
    timeout: 20,
    idleTimeout: null,
  }
  const task = { ...encoded({}).task, task: { image: 'greet' } }
  const { spec } = decodeFunction({ ...encoded({}), task, settings }, resolveTask)
  expect(spec).toMatchObject({ timeout: 20, idleTimeout: Number.POSITIVE_INFINITY })
  for (const field of ['volumes', 'user', 'env', 'network']) expect(spec).not.toHaveProperty(field)
})

test.each<[title: string, value: unknown]>([
  ['nothing', undefined],
  ['a socket of its host', { ...encoded({}), task: { ...encoded({}).task, task: { image: 'a', udsPath: '/run' } } }],
  ['a hook', { ...encoded({}), task: { ...encoded({}).task, task: { image: 'a', containerOptions: 'x' } } }],
  ['a task without an image', { ...encoded({}), task: { task: {}, files: [] } }],
])('%s is refused', (_, value) => {
  expect(() => decodeFunction(value, resolveTask)).toThrow(
    expect.objectContaining({ code: 'ERR_COOKIETIN_INVALID_TASK' }) as Error,
  )
})
