import { Issues } from '../utils/validation/issues.ts'
import { whole } from '../utils/validation/rules.ts'

/** Where an inspector listens. */
export interface PageOptions {
  /** Default 0: a port that is free. */
  readonly port?: number | undefined
  /**
   * The address to listen at. Default `127.0.0.1`: this machine only. Any other shows what you run to whoever learns
   * the URL, and sends it unencrypted.
   */
  readonly host?: string | undefined
  /**
   * The secret part of the URL, 22 to 128 letters, digits, `_` or `-`. Default: a new random one. Give one, and a port,
   * where the URL has to outlive a restart.
   */
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
  const issues = new Issues()
  issues.read('port', port, whole({ max: 65_535 }), 0)
  issues.read('maxActors', maxActors, whole({ min: 1 }), 0)
  issues.read('maxSteps', maxSteps, whole({ min: 1 }), 0)
  if (host !== undefined && (typeof host !== 'string' || host === ''))
    issues.add('host', host, 'an address of this machine')
  if (token !== undefined && !/^[\w-]{22,128}$/.test(token)) {
    issues.addSecret('token', token, '22 to 128 letters, digits, _ or -')
  }
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
}
