import type { ImageName } from '../task/image-name.ts'

/** The name of an image without its tag, as `container.image.name` has it. */
export const imageNameOf = ({ registry, repository, digest }: ImageName): string => {
  if (repository === '') return digest ?? ''
  return registry === '' ? repository : `${registry}/${repository}`
}
