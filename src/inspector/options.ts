import { parseHost } from '../utils/host-header.ts'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { boolean, whole } from '../utils/validation/rules.ts'

/** The address of an inspector. */
export interface PageOptions {
  /**
   * The port.
   *
   * @default 0: a free port
   */
  readonly port?: number | undefined
  /**
   * The address to listen on. Any other address shows your runs, unencrypted, to everyone who has the URL.
   *
   * @default `127.0.0.1`: this machine only
   */
  readonly host?: string | undefined
  /**
   * The secret part of the URL: 22 to 128 letters, digits, `_` or `-`. Set a token and a port to keep the URL across
   * restarts.
   *
   * @default a new random one
   */
  readonly token?: string | undefined
  /** Further hosts by which a browser may reach the page, as behind a tunnel or a proxy: names with or without a port, such as `localhost:9000`. */
  readonly allowedHosts?: readonly string[] | undefined
}

/** The options of {@link startInspector}. */
export interface InspectorOptions extends PageOptions {
  /**
   * True lets the page freeze, unfreeze and cancel, run a task again, and send events to actors.
   *
   * @default false: the page only shows
   */
  readonly control?: boolean | undefined
  /**
   * True keeps the last 64 KiB of each output stream of a run, and shows them with secrets masked.
   *
   * @default false: what a task writes is not shown
   */
  readonly output?: boolean | undefined
  /**
   * How many actors are kept. Above it, ended ones are dropped, the oldest first; living ones are always kept.
   *
   * @default 10,000
   */
  readonly maxActors?: number | undefined
  /**
   * How many steps are kept of each actor, the latest.
   *
   * @default 200
   */
  readonly maxSteps?: number | undefined
}

/**
 * Checks the options.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, with every bad option.
 */
export function checkInspectorOptions(options: InspectorOptions): void {
  checkKnown(options, optionNames, 'ERR_COOKIETIN_INVALID_CONFIG')
  const { port, host, token, allowedHosts, control, output, maxActors, maxSteps } = options
  const issues = new Issues()
  issues.read('port', port, whole({ max: 65_535 }), 0)
  issues.read('maxActors', maxActors, whole({ min: 1 }), 0)
  issues.read('maxSteps', maxSteps, whole({ min: 1 }), 0)
  if (host !== undefined && (typeof host !== 'string' || host === ''))
    issues.add('host', host, 'an address of this machine')
  if (token !== undefined && !/^[\w-]{22,128}$/.test(token)) {
    issues.addSecret('token', token, '22 to 128 letters, digits, _ or -')
  }
  if (allowedHosts !== undefined && !isHosts(allowedHosts))
    issues.add('allowedHosts', allowedHosts, 'an array of names, each with or without a port')
  issues.read('control', control, boolean, false)
  issues.read('output', output, boolean, false)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
}

const optionNames: Record<keyof InspectorOptions, true> = {
  port: true,
  host: true,
  token: true,
  allowedHosts: true,
  control: true,
  output: true,
  maxActors: true,
  maxSteps: true,
}

const isHosts = (value: unknown): boolean =>
  Array.isArray(value) && value.every(each => typeof each === 'string' && parseHost(each) !== undefined)
