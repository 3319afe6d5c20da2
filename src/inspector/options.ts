import { type FieldIssue, InvalidInputError } from '../errors.ts'

/** The address of an inspector. */
export interface PageOptions {
  /** The port. Default 0: a free port. */
  readonly port?: number | undefined
  /**
   * The address to listen on. Default `127.0.0.1`: this machine only.
   * Any other address shows your runs, unencrypted, to everyone who has the URL.
   */
  readonly host?: string | undefined
  /**
   * The secret part of the URL: 22 to 128 letters, digits, `_` or `-`. Default: a new random one.
   * Set a token and a port to keep the URL across restarts.
   */
  readonly token?: string | undefined
}

/** The options of {@link startInspector}. */
export interface InspectorOptions extends PageOptions {
  /** Lets the page freeze, unfreeze and cancel. Default false: the page only shows. */
  readonly control?: boolean | undefined
  /** How many actors are kept. Above it, ended actors are dropped, oldest first. Default 10 000. */
  readonly maxActors?: number | undefined
  /** How many of its latest steps each actor keeps. Default 200. */
  readonly maxSteps?: number | undefined
}

/**
 * Checks the options.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, with every bad option.
 */
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
