/** Container ids and names, as the engine accepts them. Anything else in a path could address another endpoint. */
const reference = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

/**
 * The path of a container's endpoint.
 *
 * @throws TypeError for a value that is not a container's id or name.
 */
export function containerPath(idOrName: string, action = ''): string {
  if (!reference.test(idOrName)) throw new TypeError(`not a container's id or name: ${JSON.stringify(idOrName)}`)
  return `/containers/${idOrName}${action}`
}

/** The path of an image's endpoint. Each part is escaped, so that a reference cannot address another endpoint. */
export function imagePath(image: string, action = ''): string {
  return `/images/${image.split('/').map(encodeURIComponent).join('/')}${action}`
}
