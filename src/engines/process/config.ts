import { milliseconds, type Resolved, resolveFields } from '../../utils/validation/config-fields.ts'

/** Settings of a process driver. All are optional. Each can also come from the environment. */
export interface ProcessConfig {
  /**
   * Time that output may stall after the exit, in ms, before the rest is given up. `COOKIETIN_OUTPUT_TIMEOUT`.
   *
   * @default 2000
   */
  readonly outputTimeout?: number | undefined
}

const processFields = { outputTimeout: milliseconds(2000) }

/** A process driver's config, complete and read-only. */
export type ResolvedProcessConfig = Resolved<typeof processFields>

/**
 * Completes a process driver's config: given values override the environment, which overrides the defaults.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`
 */
export function resolveProcessConfig(
  given: ProcessConfig,
  env: Readonly<Record<string, string | undefined>>,
): ResolvedProcessConfig {
  return resolveFields(processFields, given, env)
}
