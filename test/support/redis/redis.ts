import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A private Redis on a unix socket. */
export interface PrivateRedis extends AsyncDisposable {
  readonly path: string
  /** Kills it as `kill -9` does. */
  kill(): Promise<void>
  /** Starts it again, with what its log of commands has kept. */
  start(): Promise<void>
}

/** Starts a Redis that logs its commands, as one for a cluster should. Further arguments of `redis-server` come last. */
export async function startRedis(...more: readonly string[]): Promise<PrivateRedis> {
  const folder = await mkdtemp('/tmp/ct-redis-')
  const path = `${folder}/s`
  let child: ChildProcess | undefined
  const start = async () => {
    const args = ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '', '--appendonly', 'yes', ...more]
    child = spawn('redis-server', args, { stdio: 'ignore' })
    for (let attempt = 0; attempt < 500; attempt++) {
      if (await answers(path)) return
      await sleep(20)
    }
    throw new Error('redis-server does not answer')
  }
  const kill = async () => {
    const ending = child
    child = undefined
    if (ending === undefined || ending.exitCode !== null) return
    const ended = once(ending, 'exit')
    ending.kill('SIGKILL')
    await ended
  }
  await start()
  return {
    path,
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.write('PING\r\n'))
    socket.on('data', data => {
      socket.destroy()
      resolve(data.toString().startsWith('+PONG'))
    })
  })
}
