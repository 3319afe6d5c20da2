import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { InvalidInputError } from '../../../../src/errors.ts'
import { resolveTask } from '../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../src/task/task.ts'

const fieldsRefused = (task: object): readonly string[] => {
  try {
    resolveTask({ image: 'busybox', ...task } as ContainerTask)
    return []
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues.map(({ field }) => field)
    throw error
  }
}

it('reads every form of a file, in the order of the paths', () => {
  const stream = Readable.from(['a'])
  const { files } = resolveTask({
    image: 'busybox',
    files: { '/b//c/': stream, '/a': 'text', '/b': { from: './x', mode: 0o700 }, '/d': { content: 'x', mode: 0 } },
  })
  expect(files).toEqual([
    { path: '/a', content: 'text', from: undefined, mode: undefined },
    { path: '/b', content: undefined, from: './x', mode: 0o700 },
    { path: '/b/c', content: stream, from: undefined, mode: undefined },
    { path: '/d', content: 'x', from: undefined, mode: 0 },
  ])
})

it.each([
  ['a relative path', { 'a/b': '' }],
  ['the root', { '/': '' }],
  ['a path that leads up', { '/a/../b': '' }],
  ['a folder of the kernel', { '/proc/x': '' }],
  ['a path in a volume', { '/vol/x': '' }],
  ['a name that is too long', { [`/${'x'.repeat(256)}`]: '' }],
  ['no content', { '/x': undefined }],
  ['a number', { '/x': 3 }],
  ['an empty object', { '/x': {} }],
  ['both content and from', { '/x': { content: '', from: 'x' } }],
  ['a mode that is none', { '/x': { content: '', mode: 0o4755 } }],
  ['an unknown field', { '/x': { content: '', owner: 1 } }],
  ['a destroyed stream', { '/x': Readable.from([]).destroy() }],
  ['a file inside of a file', { '/x': '', '/x/y': '' }],
  ['a path that is given twice', { '/x': '', '//x': '' }],
])('refuses %s', (_, files) => {
  expect(fieldsRefused({ files, volumes: [['/srv/x', '/vol']] })).toEqual([expect.stringMatching(/^files\["/)])
})

it('reads the paths of artifacts once, and refuses what cannot be taken', () => {
  const { artifacts } = resolveTask({ image: 'busybox', artifacts: ['/b/', '/a', '/b', '/a/c'] })
  expect(artifacts).toEqual(['/b', '/a'])
  expect(fieldsRefused({ artifacts: ['x', '/', '/a/..', '/dev/shm/x', 3] })).toEqual(
    [0, 1, 2, 3, 4].map(index => `artifacts[${index}]`),
  )
  expect(
    fieldsRefused({ artifacts: '/a', maxArtifacts: -1, maxArtifactEntries: 0, artifactsTimeout: Infinity }),
  ).toEqual(['artifacts', 'maxArtifacts', 'maxArtifactEntries', 'artifactsTimeout'])
})
