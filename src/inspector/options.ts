import { type FieldIssue, InvalidInputError } from '../errors.ts'

/** Where an inspector listens. */
export interface PageOptions {
  /** Default 0: a port that is free. */
  readonly port?: number | undefined
  /** The address to listen at. Default `127.0.0.1`: this machine only. Any other shows what you run to whoever learns the URL, and sends it unencrypted. */
  readonly host?: string | undefined
  /** The secret part of the URL, 22 to 128 letters, digits, `_` or `-`. Default: a new random one. Give one, and a port, where the URL has to outlive a restart. */
  readonly token?: string | undefined
}

/** What {@link startInspector} takes. */
export interface InspectorOptions extends PageOptions {
  /** Lets the page freeze, unfreeze and cancel. Default false: it only looks. */
  readonly control?: boolean | undefined
  /** How many actors are kept; those at their end are dropped beyond it, oldest first. Default 10 000. */
  readonly maxActors?: number | undefined
  /** How many of its latest steps are kept of each actor. Default 200. */
  readonly maxSteps?: number | undefined
}

/** Refuses bad options, all at once, with `ERR_COOKIETIN_INVALID_CONFIG`. */
export function checkInspectorOptions({ port, host, token, maxActors, maxSteps }: InspectorOptions): void {
  const issues: FieldIssue[] = []
  const count = (field: string, value: number | undefined, least: number, most = Infinity) => {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
    issues.push({
      field,
      value: String(value),
      allowed: most === Infinity ? `a whole number from ${least} up` : `a whole number from ${least} to ${most}`,
    })
  }
  count('port', port, 0, 65_535)
  count('maxActors', maxActors, 1)
  count('maxSteps', maxSteps, 1)
  if (host !== undefined && (typeof host !== 'string' || host === '')) {
    issues.push({ field: 'host', value: JSON.stringify(host), allowed: 'an address of this machine' })
  }
  if (token !== undefined && !/^[\w-]{22,128}$/.test(token)) {
    issues.push({ field: 'token', value: '(not shown)', allowed: '22 to 128 letters, digits, _ or -' })
  }
  if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', issues)
}
