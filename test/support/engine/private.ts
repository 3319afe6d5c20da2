import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { engineAnswers } from './answers.ts'

/** A Docker Engine for the tests only. */
export interface PrivateEngine {
  /** For `DOCKER_HOST`. */
  readonly host: string
  /** A process inside the engine's network namespace. */
  readonly pid: number
  /** Stops the engine and removes its files. */
  stop(): Promise<void>
}

/** True if this process may start a Docker Engine. */
export const mayStartEngine = () => process.platform === 'linux' && process.getuid?.() === 0

export const isInstalled = (binary: string) =>
  spawnSync('sh', ['-c', 'command -v "$0"', binary], { env: withSbin(), stdio: 'ignore' }).status === 0

/** Starts a private engine, and resolves when it answers. */
export async function startPrivateEngine(): Promise<PrivateEngine> {
  // Short, because the path of a unix socket has at most 107 bytes.
  const dir = await mkdtemp('/tmp/ct-')
  const script = fileURLToPath(new URL('private.sh', import.meta.url))
  // Its standard input closes when this process ends in any way, and the script then cleans up.
  // In its own session, because Ctrl-C is for the tests.
  const keeper = spawn('unshare', ['-n', 'sh', script, dir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: withSbin(),
  })
  let complaint = ''
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const ended = once(keeper, 'close')
  const host = `unix://${dir}/d.sock`
  for (let tries = 0; !(await engineAnswers(host)); tries++) {
    if (keeper.exitCode !== null || tries > 300) {
      keeper.stdin.end()
      await ended
      throw new Error(`Starting a private Docker Engine failed:\n${complaint}`)
    }
    await sleep(100)
  }
  return {
    host,
    pid: keeper.pid ?? 0,
    async stop() {
      keeper.stdin.end()
      await ended
    },
  }
}

/** Debian keeps daemons in folders that are not in an ordinary user's PATH. */
function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` }
}
