import { afterEach, beforeEach, describe, it } from 'vitest'
import { type ConformanceOptions, engineConformance } from '../../../src/engines/conformance/suite.ts'
import { watchLeaks } from '../../support/leaks/leaks.ts'

/** Runs the conformance suite against an engine, with a leak check around every test. */
export function conformance(name: string, options: ConformanceOptions): void {
  describe(`${name} engine`, () => {
    let expectNoLeaks: () => Promise<void>

    beforeEach(() => {
      expectNoLeaks = watchLeaks()
    })
    afterEach(() => expectNoLeaks())

    for (const { name, run } of engineConformance(options)) it(name, run, 20_000)
  })
}
