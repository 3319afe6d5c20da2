import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** The address of the engine for `node:http`. */
export function engineAddress(env = process.env): { socketPath: string } | { host: string; port: string } {
  const { protocol, pathname, hostname, port } = new URL(env.DOCKER_HOST || 'unix:///var/run/docker.sock')
  return protocol === 'unix:' ? { socketPath: decodeURIComponent(pathname) } : { host: hostname, port }
}

/** The unix socket of the engine. */
export function engineSocket(env = process.env): string {
  const address = engineAddress(env)
  if ('socketPath' in address) return address.socketPath
  throw new Error('this test needs an engine on a unix socket')
}

/** Calls the engine without the tested code. Rejects on a status of 400 or more. */
export async function engineRequest(
  method: string,
  path: string,
  body?: object | Buffer,
  more: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const data = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json'
  const { status, reply } = await new Promise<{ status: number; reply: string }>((resolve, reject) => {
    const call = request(
      {
        ...engineAddress(),
        method,
        path,
        agent: false,
        headers: { ...(data !== undefined && { 'Content-Type': type }), ...more },
      },
      response => text(response).then(reply => resolve({ status: response.statusCode ?? 0, reply }), reject),
    )
    call.on('error', reject)
    call.end(data)
  })
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${reply}`)
  const [line = ''] = reply.split('\r\n')
  return reply === '' || !/^[[{]/.test(reply) ? reply : JSON.parse(line)
}

/** The names of the containers with this label, in any state. */
export async function containersWith(label: string): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
  const found = (await engineRequest('GET', `/containers/json?all=true&filters=${filters}`)) as { Names: string[] }[]
  return found.map(({ Names: [name = ''] }) => name.slice(1))
}
