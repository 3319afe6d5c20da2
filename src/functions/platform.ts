import type { EngineDriver } from '../driver/engine-driver.ts'
import { CookietinError } from '../errors.ts'

/** Hot functions share a socket with their containers: that takes Linux, and an engine on this machine. */
export function checkHost({ name, engine }: EngineDriver): void {
  if (process.platform !== 'linux') throw unsupported(`this is ${process.platform}, and they need Linux`)
  if (name !== 'docker') throw unsupported(`the ${name} driver has no containers to share a socket with`)
  const { endpoint } = engine as { endpoint?: { url: string } }
  if (endpoint?.url.startsWith('unix:') === false) {
    throw unsupported(`the engine at ${endpoint.url} is on another machine, where our sockets are not seen`)
  }
}

function unsupported(why: string): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_INVALID_CONFIG',
    `Cannot make a hot function: ${why}. Use the docker driver with an engine of this Linux machine`,
  )
}
