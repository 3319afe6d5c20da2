import { globSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'

/** The sockets of the functions of this process, in the order in which they were made. */
export const socketsOf = (): string[] => globSync(`${tmpdir()}/cookietin-sockets-*/*/lsnr.sock`).sort()

/** Calls a function by node:http, with a connection that is kept. */
export class SocketPeer implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #socketPath: string
  readonly #body: string

  constructor(socketPath: string, body: string) {
    this.#socketPath = socketPath
    this.#body = body
  }

  /** Resolves with the text of the response. */
  call(): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Length': Buffer.byteLength(this.#body) }
      const options = { agent: this.#agent, socketPath: this.#socketPath, method: 'POST', path: '/call', headers }
      const sent = request(options, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => resolve(text))
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(this.#body)
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
