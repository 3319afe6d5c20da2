import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { startProxy } from '../../support/engine/proxy.ts'
import { ensureFunctionImage } from '../../support/images/function-image.ts'

const script = fileURLToPath(new URL('../../support/children/invoke-unprivileged.ts', import.meta.url))
const nobody = 65_534

/** Only root can become somebody else, who can do nothing where our files are root's alone. */
const mayBecomeNobody = process.getuid?.() === 0 && [script, process.execPath].every(isForAll)

function isForAll(path: string): boolean {
  return (statSync(path).mode & 0o5) !== 0 && (path === '/' || isForAll(dirname(path)))
}

/** What a call by a user without rights says, who must leave nothing behind. */
async function invokeAsNobody(file: string, way: string, launchTimeout = 20_000): Promise<string> {
  await ensureFunctionImage()
  await using proxy = await startProxy()
  await chmod(dirname(proxy.socketPath), 0o755)
  await chmod(proxy.socketPath, 0o666)
  const temp = await mkdtemp(join(tmpdir(), 'cookietin-nobody-'))
  onTestFinished(() => rm(temp, { recursive: true }))
  await chown(temp, nobody, nobody)
  const { stdout } = await promisify(execFile)(process.execPath, [script, file, way, String(launchTimeout)], {
    uid: nobody,
    gid: nobody,
    env: { ...process.env, DOCKER_HOST: `unix://${proxy.socketPath}`, TMPDIR: temp, HOME: temp },
  })
  expect(await readdir(temp)).toEqual([])
  return stdout
}

it.runIf(mayBecomeNobody)('a function listens and serves also where its caller is not root', async () => {
  expect(await invokeAsNobody('echo', '')).toMatch(/^200 /)
})

it.runIf(mayBecomeNobody)('a socket that is not for all yet is waited for', async () => {
  expect(await invokeAsNobody('misbehave', 'is for all only after a while')).toBe('200 real\n')
})

it.runIf(mayBecomeNobody)('a socket that is never for all is refused, and the error says what to do', async () => {
  expect(await invokeAsNobody('misbehave', 'is never for all', 700)).toMatch(
    /^ERR_COOKIETIN_SOCKET_UNTRUSTED .*EACCES.*700 ms.*chmod 0666/,
  )
})
