import { imageIdOf, readImage } from '../../../task/image-name.ts'
import {
  alias,
  type Field,
  flag,
  milliseconds,
  oneOf,
  type Resolved,
  resolveFields,
  size,
  someOf,
  text,
  whole,
  words,
} from '../../../utils/validation/config-fields.ts'
import { Issues } from '../../../utils/validation/issues.ts'
import { type AllowName, allowNames, everyAllowName } from './allow.ts'
import type { DockerConfig, FnConfig } from './docker-config.ts'
import { Registries, readRegistries } from './registries.ts'
import { readSpares, resolveSpares, type SpareOptions } from './spares.ts'

/** The default image of the prefork pool, which the driver makes itself. */
export const pauseImage = 'cookietin/pause:1'

const registries: Field<Registries> = {
  otherwise: new Registries(),
  allowed:
    'an object of credentials by registry, each with some of username, password, identityToken, registryToken and serverAddress',
  secret: true,
  read: readRegistries,
}

const spares: Field<readonly SpareOptions[]> = {
  otherwise: [],
  allowed: 'an array of objects, each with an image, a size, and fields of a task, or the same as JSON',
  read: readSpares,
}

const allow: Field<readonly AllowName[]> = {
  ...someOf(everyAllowName),
  allowed: `${someOf(allowNames).allowed}, or of 'cap:' with a capability, such as 'cap:SYS_PTRACE'`,
}

/** Dotted numbers, with or without what follows them: `'25'`, `'v20.10'`, `'20.10.24+dfsg1'`. Any other text is older than every engine. */
const version = /^v?\d+(\.\d+)*(?:[-+~][\w.+~-]*)?$/

const serverVersion: Field<string | undefined> = {
  otherwise: undefined,
  allowed: "a version such as '20.10.0'",
  read: value => (typeof value === 'string' && version.test(value) ? value : undefined),
}

const dockerFields = {
  docker: text(undefined),
  dockerNetworks: words([]),
  dockerLoadFile: text(undefined),
  serverVersion,
  preForkPoolSize: whole(0),
  preForkImage: text(pauseImage),
  preForkCmd: words([]),
  preForkUseOnce: flag(true),
  preForkMaxUses: whole(0),
  preForkRest: milliseconds(0, 0),
  preForkNetworks: words([]),
  spares,
  launcherInit: flag(false),
  maxTmpfsInodes: whole(0),
  enableReadonlyRootfs: flag(false),
  enableTini: flag(true),
  pids: whole(256),
  allowDangerousMounts: flag(false),
  allow,
  requireDigest: flag(false),
  runtime: text(undefined),
  runtimes: words([]),
  networks: words([]),
  gpus: whole(0),
  engineTimeout: milliseconds(15_000),
  startTimeout: milliseconds(60_000),
  pullTimeout: milliseconds(600_000),
  pullIdleTimeout: milliseconds(60_000),
  pullRetries: whole(3),
  pullRetryDelay: milliseconds(1_000),
  pullRetryMaxDelay: milliseconds(30_000),
  registries,
  imageCacheMaxSize: alias('imageCleanMaxSize', size(0)),
  imageCacheExemptTags: alias('imageCleanExemptTags', words([])),
  reconnectTimeout: milliseconds(30_000),
  outputTimeout: milliseconds(2000),
  freezeAllowance: milliseconds(3_600_000),
  sampler: oneOf(['engine', 'cgroup'], 'engine'),
  sampleInterval: milliseconds(100, 50),
  freezer: oneOf(['engine', 'cgroup', 'auto'], 'auto'),
  sshCommand: text('ssh'),
  socketFolder: text(undefined),
}

/** A docker driver's config, complete and read-only. */
export type ResolvedDockerConfig = Resolved<typeof dockerFields>

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>

/**
 * Completes a docker driver's config: given values override the environment, which overrides the defaults.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, with the name of the environment variable that a value came
 * from.
 */
export function resolveDockerConfig(given: DockerConfig | FnConfig, env: Env): ResolvedDockerConfig {
  const config = resolveFields(dockerFields, given, env)
  const issues = new Issues()
  if (!config.allow.includes('namespaces')) refuseNamespaces(issues, config)
  refuseNoImages(issues, config)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  resolveSpares(config)
  return config
}

function refuseNamespaces(issues: Issues, config: ResolvedDockerConfig): void {
  const allowed =
    "the name of a network, unless allow lists 'namespaces': this one is that of the host or of another container"
  for (const { field, network } of sharedNetworks(config)) issues.add(field, network, allowed)
}

/** What names no image in the engine's list, which is by tags, would exempt none. */
function refuseNoImages(issues: Issues, { imageCacheExemptTags }: ResolvedDockerConfig): void {
  for (const reference of imageCacheExemptTags) {
    const name = readImage(reference)
    if ('allowed' in name) issues.add('imageCacheExemptTags', reference, name.allowed)
    else if (name.digest !== undefined || imageIdOf(reference) !== undefined) {
      issues.add('imageCacheExemptTags', reference, 'a name with a tag, and neither a digest nor an id')
    }
  }
}

/** The networks of a config that are those of the host or of another container. */
export function sharedNetworks({
  dockerNetworks,
  preForkNetworks,
  networks,
}: Pick<ResolvedDockerConfig, 'dockerNetworks' | 'preForkNetworks' | 'networks'>) {
  return Object.entries({ dockerNetworks, preForkNetworks, networks }).flatMap(([field, names]) =>
    names.filter(network => !isNetworkName(network)).map(network => ({ field, network })),
  )
}

/** True for a network with a name. `host`, `container:…` and other modes with a colon join a namespace that exists. */
export function isNetworkName(mode: string): boolean {
  return mode !== 'host' && /^[a-zA-Z0-9][\w.-]*$/.test(mode)
}
