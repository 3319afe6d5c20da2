import { request } from 'node:http'

/** True if a Docker Engine answers at a `unix://` or `tcp://` address within two seconds. */
export function engineAnswers(host: string): Promise<boolean> {
  const { protocol, pathname, hostname, port } = new URL(host)
  const where = protocol === 'unix:' ? { socketPath: decodeURIComponent(pathname) } : { host: hostname, port }
  return new Promise(resolve => {
    const ping = request({ ...where, path: '/_ping', agent: false, signal: AbortSignal.timeout(2_000) }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ping.on('error', () => resolve(false))
    ping.end()
  })
}
