import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, type FSWatcher, rmSync, watch } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CookietinError, lacksDescriptors, messageOf } from '../../../errors.ts'
import type { Endpoint } from './endpoint.ts'

const stderrLimit = 2_000

/** What the end of this process ends: a process of ssh would go on without it. */
const atExit = new Map<ChildProcess, string>()

function endAll(): void {
  for (const [child, folder] of atExit) {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Ends the ssh process, and removes its folder, when this process exits before it. */
function endAtExit(child: ChildProcess, folder: string): void {
  if (atExit.size === 0) process.on('exit', endAll)
  atExit.set(child, folder)
  child.once('close', () => {
    if (atExit.delete(child) && atExit.size === 0) process.off('exit', endAll)
  })
}

/**
 * Forwards the engine's socket of another machine to a local socket. One ssh process serves all connections, since a
 * session per connection would soon exceed the server's MaxSessions.
 */
export class SshTunnel {
  readonly #command: string
  readonly #endpoint: Endpoint
  readonly #timeout: number
  #folder: string | undefined
  #child: ChildProcess | undefined
  #opening: Promise<string> | undefined
  #closed = false

  /** `timeout`: time limit for opening the tunnel, in ms. */
  constructor(endpoint: Endpoint, command: string, timeout: number) {
    this.#endpoint = endpoint
    this.#command = command
    this.#timeout = timeout
  }

  /** Resolves with the path of the local socket. Opens the tunnel (again) when it is not open. */
  open(): Promise<string> {
    this.#opening ??= this.#open().catch(error => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /** Ends the ssh process and removes the local socket's folder. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#opening?.catch(() => {})
    await this.#end()
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true })
  }

  async #open(): Promise<string> {
    if (this.#closed) throw new CookietinError('ERR_COOKIETIN_CLOSED', `The tunnel to ${this.#endpoint.url} is closed`)
    // Short, since a socket's path may have at most 107 bytes.
    this.#folder ??= await mkdtemp(join(tmpdir(), 'cookietin-'))
    const path = join(this.#folder, 'docker.sock')
    await rm(path, { force: true })
    const child = spawn(this.#command, this.#args(path), { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    endAtExit(child, this.#folder)
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = `${stderr}${text}`.slice(-stderrLimit)
    })
    await this.#opened(child, path, () => stderr.trim())
    // After a broken tunnel, the next call of `open` opens a new one.
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

  /** Resolves once the local socket accepts connections. */
  #opened(child: ChildProcess, path: string, stderr: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string, cause?: unknown) => {
        settle()
        child.kill()
        const output = stderr()
        reject(
          new CookietinError(
            lacksDescriptors(cause) ? 'ERR_COOKIETIN_TOO_MANY_FILES' : 'ERR_COOKIETIN_ENGINE_UNREACHABLE',
            `Could not open an ssh tunnel to ${this.#endpoint.url}: ${reason}${output && `. Its output: ${output}`}`,
            { cause, retryable: true },
          ),
        )
      }
      const succeed = () => {
        settle()
        resolve()
      }
      // The socket file exists a moment before ssh listens on it. No event reports the listening.
      let retry: NodeJS.Timeout | undefined
      let settled = false
      const tryConnect = () => {
        const socket = connect(path)
        socket.once('connect', () => {
          socket.destroy()
          succeed()
        })
        socket.once('error', () => {
          if (!settled) retry = setTimeout(tryConnect, 5)
        })
      }
      let watcher: FSWatcher | undefined
      const timer = setTimeout(() => fail(`it is not open after ${this.#timeout} ms`), this.#timeout)
      const onError = (error: Error) => fail(`${this.#command} could not be run`, error)
      const onExit = (code: number | null) => fail(`${this.#command} ended with ${code ?? 'a signal'}`)
      const settle = () => {
        settled = true
        watcher?.close()
        clearTimeout(retry)
        clearTimeout(timer)
        child.off('error', onError).off('close', onExit)
        child.on('error', () => {})
      }
      // `close` and not `exit`: by then stderr is complete.
      child.once('error', onError).once('close', onExit)
      try {
        watcher = watch(join(path, '..'), () => {
          if (!existsSync(path)) return
          watcher?.close()
          tryConnect()
        })
      } catch (error) {
        fail(messageOf(error), error)
      }
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
