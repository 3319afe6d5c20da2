import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { pullBars, pullLine } from '../../../../src/cli/output/pull-bars.ts'
import { pullReporter } from '../../../../src/cli/output/pull-watch.ts'
import type { PullProgress } from '../../../../src/engines/pull-progress.ts'

const colors = picocolors.createColors(false)
const progress = (more: Partial<PullProgress> = {}): PullProgress => ({
  image: 'r.example/x:1',
  state: 'pulling',
  attempt: 1,
  retryIn: undefined,
  error: undefined,
  layers: [],
  current: 0,
  total: 0,
  ...more,
})

test('bars show the image and its active layers', () => {
  const layers = [
    { id: 'aaa', status: 'downloading' as const, current: 5_000_000, total: 10_000_000 },
    { id: 'bbb', status: 'done' as const, current: 10_000_000, total: 10_000_000 },
    { id: 'ccc', status: 'waiting' as const, current: 0, total: undefined },
  ]
  expect(pullBars(progress({ layers, current: 15_000_000, total: 20_000_000 }), colors)).toEqual([
    `r.example/x:1  ${'█'.repeat(18)}${'░'.repeat(6)}  15 MB of 20 MB`,
    `  aaa  ${'█'.repeat(12)}${'░'.repeat(12)}  downloading  5 MB of 10 MB`,
  ])
  expect(pullBars(progress({ attempt: 2 }), colors)).toEqual(['r.example/x:1  pulling  attempt 2'])
  const waiting = progress({ state: 'waiting', retryIn: 1_500, error: 'no\u001b[2J way' })
  expect(pullBars(waiting, colors)).toEqual(['r.example/x:1  no�[2J way', '  trying again in 1.5 s'])
})

test('lines report each change once, for any number of runs', () => {
  const lines: string[] = []
  const report = pullReporter(line => lines.push(line))
  const retry = { state: 'waiting', retryIn: 500, error: 'Could not pull' } as const
  const changes = [
    progress({ state: 'looking', attempt: 0 }),
    progress(),
    progress({ current: 1, total: 2 }),
    progress(retry),
    progress({ attempt: 2 }),
    progress({ attempt: 2, state: 'present', total: 2_000_000 }),
  ]
  for (const change of changes) for (const _ of [1, 2]) report(change)
  expect(lines).toEqual([
    'pulling image r.example/x:1 …',
    'Could not pull; trying again in 500 ms',
    'pulling image r.example/x:1, attempt 2 …',
    'pulled image r.example/x:1 (2 MB)',
  ])
  expect(pullLine(progress({ state: 'failed' }))).toBeUndefined()
})
