import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { engineAnswers } from './answers.ts'

/** A Docker Engine that only the tests know. */
export interface PrivateEngine {
  /** For `DOCKER_HOST`. */
  readonly host: string
  /** A process inside the engine's network namespace. */
  readonly pid: number
  /** Ends the engine and removes all that it wrote. */
  stop(): Promise<void>
}

/** True when this process may start a Docker Engine. */
export const mayStartEngine = () => process.platform === 'linux' && process.getuid?.() === 0

export const isInstalled = (binary: string) =>
  spawnSync('sh', ['-c', 'command -v "$0"', binary], { env: withSbin(), stdio: 'ignore' }).status === 0

/** A private engine, answering. */
export async function startPrivateEngine(): Promise<PrivateEngine> {
  // Short, because the path of a unix socket may have 107 bytes only.
  const dir = await mkdtemp('/tmp/ct-')
  const script = fileURLToPath(new URL('private.sh', import.meta.url))
  // Its standard input is the life line: whatever ends this process closes it, and the script then cleans up.
  // A session of its own keeps Ctrl-C, which is for the tests, away from it.
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

/** Debian keeps daemons where the path of an ordinary user does not look. */
function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` }
}
