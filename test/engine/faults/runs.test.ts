import { expect, test } from 'vitest'
import { tryTable } from '../../support/engine/fault-table.ts'
import { containersWith, engineSocket } from '../../support/engine/request.ts'
import { ensureTestImage } from '../../support/images/images.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'
import { shell } from '../setup.ts'

checkLeaks()

/** How many of the 45 cells of each table are tried. A fake engine is tried with all of them. */
const sample = Number(process.env.COOKIETIN_TEST_FAULTS ?? 16)

test.each([
  ['create', 'wait', 'attach'],
  ['start', 'inspect', 'remove'],
  ['pause', 'unpause', 'kill'],
] as const)('runs while the call %s, %s or %s of a real engine has a fault', { timeout: 300_000 }, async (...calls) => {
  await ensureTestImage()
  const target = {
    socketPath: engineSocket(),
    // The engine starts one container after the other.
    startTimeout: 8_000,
    task: (exitCode?: number) => shell(`echo hi; sleep ${exitCode === undefined ? 300 : 0.5}; exit ${exitCode ?? 0}`),
    containers: (instance: string) => containersWith(`cookietin.instance=${instance}`),
  }
  expect(await tryTable(target, calls, { extent: 'once', atOnce: 5, sample })).toEqual([])
})
