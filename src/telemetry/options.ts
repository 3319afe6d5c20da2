import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { boolean } from '../utils/validation/rules.ts'

/** The profile of a task. */
export type Profile = 'default' | 'hardened'

/** The options of {@link startTelemetry}. */
export interface TelemetryOptions {
  /**
   * Makes the tracer.
   *
   * @default that of `@opentelemetry/api`, which an SDK has registered
   */
  readonly tracerProvider?: TracerProvider | undefined
  /**
   * Makes the meter.
   *
   * @default that of `@opentelemetry/api`, which an SDK has registered
   */
  readonly meterProvider?: MeterProvider | undefined
  /**
   * The profiles whose containers get the trace context: as `TRACEPARENT` and `TRACESTATE` in their environment, and as headers of calls.
   * `['default', 'hardened']` gives it to all, `[]` to none.
   *
   * @default ['default']
   */
  readonly propagateTo?: readonly Profile[] | undefined
  /**
   * True reports the latest resource samples of the runs that live, added up by image. Every run is sampled then.
   *
   * @default false
   */
  readonly samples?: boolean | undefined
}

const names: Record<keyof TelemetryOptions, true> = {
  tracerProvider: true,
  meterProvider: true,
  propagateTo: true,
  samples: true,
}

const profiles: readonly unknown[] = ['default', 'hardened'] satisfies Profile[]

/**
 * Checks the options.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, with every bad option.
 */
export function checkTelemetryOptions(options: TelemetryOptions): void {
  checkKnown(options, names, 'ERR_COOKIETIN_INVALID_CONFIG')
  const { tracerProvider, meterProvider, propagateTo, samples } = options
  const issues = new Issues()
  if (tracerProvider !== undefined && typeof tracerProvider?.getTracer !== 'function') {
    issues.add('tracerProvider', tracerProvider, 'a TracerProvider of OpenTelemetry')
  }
  if (meterProvider !== undefined && typeof meterProvider?.getMeter !== 'function') {
    issues.add('meterProvider', meterProvider, 'a MeterProvider of OpenTelemetry')
  }
  if (
    propagateTo !== undefined &&
    !(Array.isArray(propagateTo) && propagateTo.every(each => profiles.includes(each)))
  ) {
    issues.add('propagateTo', propagateTo, "an array of 'default', 'hardened'")
  }
  issues.read('samples', samples, boolean, false)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
}
