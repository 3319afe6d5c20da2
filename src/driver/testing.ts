/**
 * What `cookietin/testing` exports: a driver that runs nothing and follows a script.
 *
 * @module cookietin/testing
 */
import { createMockEngine, type MockEngine, type MockOptions } from '../engines/mock/engine.ts'
import type { MockScript } from '../engines/mock/script.ts'
import { EngineDriver } from './engine-driver.ts'

export type { MockClock } from '../engines/mock/clock.ts'
export type { MockOptions } from '../engines/mock/engine.ts'
export type { MockCall, MockOutput, MockRun, MockScript } from '../engines/mock/script.ts'

/**
 * Makes a driver for tests. Nothing runs: a script decides what each task does. The clock, which also drives the cookies' timeouts, may be
 * XState's `SimulatedClock`. An image without a run in the script is not found.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` for a script with unknown fields.
 *
 * @example
 * const driver = createMockDriver({ busybox: { stdout: 'hi\n' }, broken: { exitCode: 3 } })
 */
export function createMockDriver(script: MockScript = {}, options?: MockOptions): MockDriver {
  return new MockDriver(createMockEngine(script, options), options ?? {})
}

/** A driver for tests, which lists the calls to its engine. */
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
