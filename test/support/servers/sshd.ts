import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const sshd = '/usr/sbin/sshd'
const privsep = '/run/sshd'

/** A private ssh server on 127.0.0.1 with its own keys. */
export interface TestSshd extends AsyncDisposable {
  readonly port: number
  /** The user to log in as. */
  readonly user: string
  /** An ssh command with the keys: for the config's `sshCommand`. */
  readonly command: string
  /** The number of connected clients. */
  sessions(): Promise<number>
  /** Ends every connection. */
  killSessions(): Promise<void>
}

/**
 * Starts an ssh server for the user that runs the tests.
 *
 * @throws Error if sshd is missing.
 */
export async function startSshd(): Promise<TestSshd> {
  if (!existsSync(sshd)) throw new Error(`The ssh tests need ${sshd}: install Debian's package openssh-server`)
  const folder = await mkdtemp('/tmp/ct-ssh-')
  const run = promisify(execFile)
  const port = await freePort()
  // A server that is not run by root does not separate its privileges.
  const madePrivsep = process.getuid?.() === 0 ? await mkdir(privsep, { recursive: true }) : undefined
  for (const name of ['host', 'user'])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
  await copyFile(join(folder, 'user.pub'), join(folder, 'authorized'))
  const config = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized`,
    ...['PidFile none', 'UsePAM no', 'StrictModes no', 'PasswordAuthentication no', 'PermitRootLogin yes'],
  ]
  await writeFile(join(folder, 'sshd_config'), `${config.join('\n')}\n`)
  const command = join(folder, 'ssh')
  const options = `-F none -i ${folder}/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`
  await writeFile(command, `#!/bin/sh\nexec ssh ${options} "$@"\n`)
  await chmod(command, 0o755)
  const server = spawn(sshd, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  for await (const text of server.stderr) if (/listening on/.test(String(text))) break
  server.stderr.destroy()
  const children = async () => {
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(server.pid)]).catch(() => ({ stdout: '' }))
    return stdout.split('\n').flatMap(line => (line.trim() === '' ? [] : [Number(line)]))
  }
  const killSessions = async () => {
    for (const pid of await children()) process.kill(pid)
  }
  return {
    port,
    user: userInfo().username,
    command,
    killSessions,
    sessions: async () => (await children()).length,
    async [Symbol.asyncDispose]() {
      await killSessions()
      const ended = once(server, 'exit')
      server.kill()
      await ended
      await rm(folder, { recursive: true })
      if (madePrivsep !== undefined) await rm(privsep, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
