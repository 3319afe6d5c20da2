import { expect, test } from 'vitest'
import { batchBar } from '../../../../../src/cli/commands/batch/progress.ts'

test('the bar of a batch estimates the time left by the pace so far', () => {
  expect(batchBar(0, 4, 500)).toBe(`${'░'.repeat(24)}  0 of 4`)
  expect(batchBar(1, 4, 2_000)).toBe(`${'█'.repeat(6)}${'░'.repeat(18)}  1 of 4, about 6.0 s left`)
  expect(batchBar(4, 4, 8_000)).toBe(`${'█'.repeat(24)}  4 of 4`)
})
