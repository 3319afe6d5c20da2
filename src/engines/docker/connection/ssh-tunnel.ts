import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, watch } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CookietinError } from '../../../errors.ts'
import type { Endpoint } from './endpoint.ts'

const stderrLimit = 2_000

/**
 * The engine's socket of another machine, brought here by one ssh process for all connections: one session each would soon
 * meet the server's MaxSessions.
 */
export class SshTunnel {
  readonly #command: string
  readonly #endpoint: Endpoint
  readonly #timeout: number
  #folder: string | undefined
  #child: ChildProcess | undefined
  #opening: Promise<string> | undefined
  #closed = false

  /** `timeout`: ms until the tunnel must stand. */
  constructor(endpoint: Endpoint, command: string, timeout: number) {
    this.#endpoint = endpoint
    this.#command = command
    this.#timeout = timeout
  }

  /** Gives the path of the local end, after it was made (again) where it does not stand. */
  open(): Promise<string> {
    this.#opening ??= this.#open().catch(error => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /** Ends the process and removes its folder. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#opening?.catch(() => {})
    await this.#end()
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true })
  }

  async #open(): Promise<string> {
    if (this.#closed) throw new CookietinError('ERR_COOKIETIN_CLOSED', `The tunnel to ${this.#endpoint.url} is closed`)
    // Short, for a socket's path may have 107 bytes.
    this.#folder ??= await mkdtemp(join(tmpdir(), 'cookietin-'))
    const path = join(this.#folder, 'docker.sock')
    await rm(path, { force: true })
    const child = spawn(this.#command, this.#args(path), { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-stderrLimit)
    })
    await this.#standing(child, path, () => said.trim())
    // A tunnel that broke is made again by the next who asks for it.
    child.once('exit', () => {
      if (this.#child === child) this.#opening = undefined
    })
    return path
  }

  #args(path: string): string[] {
    const { at } = this.#endpoint
    if (at.kind !== 'ssh') throw new TypeError('not an ssh endpoint')
    const options = ['BatchMode=yes', 'ExitOnForwardFailure=yes', 'StreamLocalBindUnlink=yes', 'ServerAliveInterval=15']
    return [
      ...['-N', '-T'],
      ...options.flatMap(option => ['-o', option]),
      ...['-L', `${path}:${at.remotePath}`],
      ...(at.port === '' ? [] : ['-p', at.port]),
      ...['--', at.destination],
    ]
  }

  #standing(child: ChildProcess, path: string, said: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (what: string, cause?: unknown) => {
        settle()
        child.kill()
        const words = said()
        reject(
          new CookietinError(
            'ERR_COOKIETIN_ENGINE_UNREACHABLE',
            `Could not open an ssh tunnel to ${this.#endpoint.url}: ${what}${words && `. It said: ${words}`}`,
            { cause, retryable: true },
          ),
        )
      }
      const stands = () => {
        settle()
        resolve()
      }
      // The file is there a moment before somebody listens on it, which no event tells.
      let retry: NodeJS.Timeout | undefined
      let settled = false
      const knock = () => {
        const socket = connect(path)
        socket.once('connect', () => {
          socket.destroy()
          stands()
        })
        socket.once('error', () => {
          if (!settled) retry = setTimeout(knock, 5)
        })
      }
      const watcher = watch(join(path, '..'), () => {
        if (!existsSync(path)) return
        watcher.close()
        knock()
      })
      const timer = setTimeout(() => fail(`it does not stand after ${this.#timeout} ms`), this.#timeout)
      const onError = (error: Error) => fail(`${this.#command} could not be run`, error)
      const onExit = (code: number | null) => fail(`${this.#command} ended with ${code ?? 'a signal'}`)
      const settle = () => {
        settled = true
        watcher.close()
        clearTimeout(retry)
        clearTimeout(timer)
        child.off('error', onError).off('close', onExit)
        child.on('error', () => {})
      }
      // `close` and not `exit`: by then all that it had to say is here.
      child.once('error', onError).once('close', onExit)
    })
  }

  async #end(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
    child.kill()
    await ended
  }
}
