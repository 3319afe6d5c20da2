/**
 * What `cookietin/telemetry` exports: spans and metrics for OpenTelemetry.
 *
 * @module cookietin/telemetry
 */
export type { Profile, TelemetryOptions } from './options.ts'
export { startTelemetry, type Telemetry } from './telemetry.ts'
