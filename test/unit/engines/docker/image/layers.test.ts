import { expect, test } from 'vitest'
import { Layers } from '../../../../../src/engines/docker/image/layers.ts'

test('the progress is the sum of the layers', () => {
  const layers = new Layers()
  const lines = [
    { status: 'Pulling from library/x', id: '1.36' },
    { status: 'Pulling fs layer', id: 'aa' },
    { status: 'Already exists', id: 'bb' },
    { status: 'Downloading', id: 'aa', progressDetail: { current: 10, total: 100 } },
    { status: 'Downloading', id: 'aa', progressDetail: { current: 60, total: 100 } },
  ]
  expect(lines.map(line => layers.add(line))).toEqual([false, true, true, true, true])
  expect(layers.progress).toEqual({
    layers: [
      { id: 'aa', status: 'downloading', current: 60, total: 100 },
      { id: 'bb', status: 'done', current: 0, total: undefined },
    ],
    current: 60,
    total: 100,
  })
  // Extracting counts other bytes than downloading.
  layers.add({ status: 'Extracting', id: 'aa', progressDetail: { current: 7, total: 999 } })
  expect(layers.progress).toMatchObject({ current: 100, total: 100, layers: [{ status: 'extracting' }, {}] })
  layers.add({ status: 'Pull complete', id: 'aa' })
  expect(layers.progress.layers[0]).toMatchObject({ status: 'done', current: 100 })
  expect([{}, { id: 7, status: 'Extracting' }, { status: 'Digest: sha256:x' }].map(line => layers.add(line))).toEqual([
    false,
    false,
    false,
  ])
})
