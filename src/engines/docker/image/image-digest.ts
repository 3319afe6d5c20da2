import { imageForms, readImage } from '../../../task/image-name.ts'

/** The fields of an image, as the engine reports it, that tell which content it has. */
interface ImageIds {
  readonly Id?: unknown
  readonly RepoDigests?: readonly string[] | null
}

/**
 * Which content a reference means: `name@sha256:…` of its own repository, by which a registry knows it, else the engine's id of the image.
 * Undefined where the engine tells neither.
 */
export function imageDigest(reference: string, { Id: id, RepoDigests }: ImageIds): string | undefined {
  const repository = repositoryOf(reference)
  const digests = (RepoDigests ?? []).filter(known => repositoryOf(known) === repository)
  // One image may have several, as that of its index and that of its manifest.
  return digests.find(known => known.endsWith(`@${digestOf(reference)}`)) ?? digests[0] ?? text(id)
}

/** One form for all ways to write a repository. */
function repositoryOf(reference: string): string | undefined {
  const name = readImage(reference)
  if ('allowed' in name) return undefined
  const { registry, repository } = name
  return imageForms({ registry, repository, tag: 'latest' })[0]
}

const digestOf = (reference: string) => reference.split('@')[1]
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
