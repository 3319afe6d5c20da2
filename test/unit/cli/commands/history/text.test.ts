import { expect, test } from 'vitest'
import { runDetails, runTable } from '../../../../../src/cli/commands/history/text.ts'
import { colorsFor } from '../../../../../src/cli/output/colors.ts'
import type { HistoryRecord } from '../../../../../src/history/index.ts'

process.env.NO_COLOR = '1'
const colors = colorsFor(false)

const run: HistoryRecord = {
  key: 'k1',
  id: 'r1',
  image: 'busybox',
  command: ['true'],
  status: 'success',
  interrupted: false,
  exitCode: 0,
  oomKilled: false,
  attempts: 1,
  labels: {},
  error: undefined,
  createdAt: 1_000,
  startedAt: 3_000,
  endedAt: 4_500,
  timings: {},
  transitions: [],
  stats: [],
}

const ran = (more: Partial<HistoryRecord>) => runTable([{ ...run, ...more }], colors)[1]?.split(/ {2,}/)[3]

test('the time of a run is that from its start', () => {
  expect(ran({})).toBe('1.5 s')
  expect(ran({ endedAt: 2_000 })).toBe('0 ms')
})

test('a run that never ran has no time', () => {
  expect(ran({ status: 'cancelled', startedAt: undefined })).toBe('busybox')
  const [details = ''] = runDetails({ ...run, startedAt: undefined }, colors).filter(line => line.startsWith('ran for'))
  expect(details).toBe('')
})

test('what others wrote is harmless', () => {
  const evil = 'x\u001b[2J\u009b\u202e'
  const record = {
    ...run,
    id: evil,
    key: evil,
    image: evil,
    command: [evil],
    status: evil as never,
    error: { code: evil, message: evil },
    transitions: [{ id: evil, from: evil as never, to: evil as never, event: evil, at: 0 }],
  }
  const text = [...runTable([record], colors), ...runDetails(record, colors)].join('\n')
  expect(text).toContain('x�[2J��')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is for control characters
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})
