import type { Engine } from '../engines/engine.ts'
import { CookietinError } from '../errors.ts'

/**
 * Checks that this machine and the engine can share a socket, as hot functions need it.
 *
 * @throws CookietinError `ERR_COOKIETIN_INVALID_CONFIG`
 */
export function checkPlatform({ name, socketSharing }: Engine): void {
  if (process.platform !== 'linux') throw unsupported(`this is ${process.platform}, and hot functions need Linux`)
  if (socketSharing === undefined) throw unsupported(`containers of the ${name} driver cannot share a socket`)
  if (socketSharing.unavailable !== undefined) throw unsupported(socketSharing.unavailable)
}

function unsupported(why: string): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_INVALID_CONFIG',
    `Cannot make a hot function: ${why}. Use the docker driver with an engine of this Linux machine`,
  )
}
