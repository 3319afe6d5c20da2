import { InvalidInputError } from '../errors.ts'

/** An image reference in parts (Fn's `ParseImage` gives the first three). */
export interface ImageName {
  /** Host and port, or `''` for a reference without a registry. */
  readonly registry: string
  /** With `library/` for an official image. */
  readonly repository: string
  /** `'latest'` for a reference without a tag. A digest overrides it. */
  readonly tag: string
  /** `sha256:…` for a reference with a digest. Fn dropped it. */
  readonly digest?: string
}

const domainLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = new RegExp(`^(?:${domainLabel}(?:\\.${domainLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`)
const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const tagGrammar = /^[\w][\w.-]{0,127}$/
const digestGrammar = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const dockerHubs = new Set(['docker.io', 'index.docker.io'])

/**
 * Reads an image reference, `[registry/]repository[:tag][@digest]`, by the grammar that Docker Engine uses (Fn's `ParseImage`).
 *
 * As in Fn, a reference without a registry gets none. Unlike Fn, the digest is kept, an official image of `docker.io` gets its `library/`,
 * and invalid references are refused.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, for the field `image`.
 *
 * @example
 * parseImage('ghcr.io/owner/name:1') // { registry: 'ghcr.io', repository: 'owner/name', tag: '1' }
 */
export function parseImage(image: string): ImageName {
  const name = readImage(image)
  if ('allowed' in name) {
    const value = typeof image === 'string' ? `'${image.slice(0, 200)}'` : `a value of type ${typeof image}`
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'image', value, allowed: name.allowed }])
  }
  // A copy: what a caller does with it must not change the name that others share.
  return { ...name }
}

/**
 * Writes an image name as one string that the engine takes, in its API's paths too: nothing in it needs escaping but `/`, `:` and `@`.
 * A digest goes before a tag, as in Docker.
 */
export function formatImage({ registry, repository, tag, digest }: ImageName): string {
  const path = registry === '' ? repository : `${registry}/${repository}`
  return digest === undefined ? `${path}:${tag}` : `${path}@${digest}`
}

/** Every form in which {@link formatImage} writes this image: one of the Docker Hub has several. */
export function imageForms(image: ImageName): readonly string[] {
  const isOfHub = image.registry === '' || dockerHubs.has(image.registry)
  return isOfHub ? ['', ...dockerHubs].map(registry => formatImage({ ...image, registry })) : [formatImage(image)]
}

/** The full id of an image (`sha256:…` or its 64 hexadecimal digits), as `sha256:…`; undefined for a name. A short id reads as a name. */
export function imageIdOf(image: unknown): string | undefined {
  const [, digits] = typeof image === 'string' ? (/^(?:sha256:)?([a-f0-9]{64})$/.exec(image) ?? []) : []
  return digits === undefined ? undefined : `sha256:${digits}`
}

/** How many names are kept, before all of them are forgotten. */
const maxNames = 256

/** The names that were read last: many tasks and calls have the same, and share it. */
const names = new Map<unknown, ImageName>()

/** As {@link parseImage}, but returns what is allowed instead of throwing. */
export function readImage(image: unknown): ImageName | { readonly allowed: string } {
  const known = names.get(image)
  if (known !== undefined) return known
  const name = read(image)
  if ('allowed' in name) return name
  if (names.size === maxNames) names.clear()
  names.set(image, name)
  return name
}

function read(image: unknown): ImageName | { readonly allowed: string } {
  if (typeof image !== 'string') return { allowed: 'a string such as busybox:1.36' }
  if (image === '') return { allowed: 'the name of an image, such as busybox:1.36' }
  if (/^[a-z]+:\/\//i.test(image))
    return { allowed: 'an image reference without a scheme, such as ghcr.io/owner/name:1' }
  if (/^[a-f0-9]{64}$/.test(image))
    return { allowed: "an image's name: give the image a tag, an id alone names no repository" }

  const [named = '', digest, ...rest] = image.split('@')
  if (rest.length > 0) return { allowed: 'a reference with one "@" at most' }
  if (digest !== undefined && !digestGrammar.test(digest)) {
    return { allowed: 'a reference whose digest is whole, such as name@sha256:<64 hexadecimal digits>' }
  }

  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const tag = hasTag ? named.slice(colon + 1) : 'latest'
  if (!tagGrammar.test(tag)) {
    return {
      allowed:
        'a reference whose tag has 1 to 128 letters, digits, "_", "." or "-", beginning with none of the last two',
    }
  }

  const path = hasTag ? named.slice(0, colon) : named
  const slash = path.indexOf('/')
  const first = path.slice(0, Math.max(0, slash))
  const hasRegistry = /[.:]/.test(first) || first === 'localhost'
  if (hasRegistry && !domain.test(first)) {
    return { allowed: 'a reference whose registry is host or host:port, the host of letters, digits, "-" and "."' }
  }
  const registry = hasRegistry ? first : ''
  const repository = hasRegistry ? path.slice(slash + 1) : path
  if (path.length > 255) return { allowed: 'a reference of 255 characters at most, without its tag and digest' }
  if (!repository.split('/').every(component => pathComponent.test(component))) {
    return {
      allowed: /[A-Z]/.test(repository)
        ? `a reference whose repository is in lower case: ${repository.toLowerCase()}`
        : 'a reference whose repository has lower-case letters and digits, parted by "/", ".", "_", "__" or "-"',
    }
  }

  const official = !repository.includes('/') && (registry === '' || dockerHubs.has(registry))
  const name = { registry, repository: official ? `library/${repository}` : repository, tag }
  return Object.freeze(digest === undefined ? name : { ...name, digest })
}
