import { EngineDriver } from './driver/engine-driver.ts'
import { createMockEngine, type MockEngine, type MockOptions } from './engines/mock/engine.ts'
import type { MockScript } from './engines/mock/script.ts'

export type { MockClock } from './engines/mock/clock.ts'
export type { MockOptions } from './engines/mock/engine.ts'
export type { MockCall, MockOutput, MockRun, MockScript } from './engines/mock/script.ts'

/**
 * Makes a driver for tests: nothing runs, the script says what each task does, and the clock (the cookies' timeouts by it too) may be
 * XState's `SimulatedClock`. An image that the script has no run for is one that cannot be found.
 *
 * @example
 * const driver = createMockDriver({ busybox: { stdout: 'hi\n' }, broken: { exitCode: 3 } })
 */
export function createMockDriver(script: MockScript = {}, options: MockOptions = {}): MockDriver {
  return new MockDriver(createMockEngine(script, options), options)
}

/** A driver whose engine tells what was asked of it. */
export class MockDriver extends EngineDriver<MockEngine> {
  /** Use {@link createMockDriver}. */
  constructor(engine: MockEngine, { clock }: MockOptions) {
    super(engine, { clock })
  }

  /** Every call to the engine so far, in order. */
  get calls(): MockEngine['calls'] {
    return this.engine.calls
  }

  /** Names of the containers that were made and not removed. */
  get remaining(): readonly string[] {
    return this.engine.remaining
  }
}
