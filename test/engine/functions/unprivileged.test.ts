import { execFile } from 'node:child_process'
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { startProxy } from '../../support/engine/proxy.ts'
import { ensureFunctionImage } from '../../support/images/function-image.ts'

const script = fileURLToPath(new URL('../../support/children/invoke.ts', import.meta.url))
/** The user that calls, where these tests are run by root; elsewhere it is the user that runs them. */
const nobody = 65_534

/** Calls a function as a user without rights. Returns the printed outcome, and checks that no file is left. */
async function invokeUnprivileged(file: string, way: string, launchTimeout = 20_000): Promise<string> {
  await ensureFunctionImage()
  await using proxy = await startProxy()
  await chmod(dirname(proxy.socketPath), 0o755)
  await chmod(proxy.socketPath, 0o666)
  const temp = await mkdtemp(join(tmpdir(), 'cookietin-nobody-'))
  onTestFinished(() => rm(temp, { recursive: true }))
  if (process.getuid?.() === 0) await chown(temp, nobody, nobody)
  const args = [script, file, way, String(launchTimeout), String(nobody)]
  const env = { ...process.env, DOCKER_HOST: `unix://${proxy.socketPath}`, TMPDIR: temp, HOME: temp }
  const { stdout } = await promisify(execFile)(process.execPath, args, { env })
  expect(await readdir(temp)).toEqual([])
  return stdout
}

it('a function listens and serves also where its caller is not root', async () => {
  expect(await invokeUnprivileged('echo', '')).toMatch(/^200 /)
})

it('a socket that is not for all users yet is waited for', async () => {
  expect(await invokeUnprivileged('misbehave', 'is for all only after a while')).toBe('200 real\n')
})

it('a socket that is never for all users is refused, and the error says how to fix it', async () => {
  expect(await invokeUnprivileged('misbehave', 'is never for all', 700)).toMatch(
    /^ERR_COOKIETIN_SOCKET_UNTRUSTED .*EACCES.*700 ms.*chmod 0666/,
  )
})
