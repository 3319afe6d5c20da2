export type { Profile, TelemetryOptions } from './options.ts'
export { startTelemetry, type Telemetry } from './telemetry.ts'
