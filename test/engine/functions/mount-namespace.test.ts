import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ensureFunctionImage } from '../../support/images/function-image.ts'

const script = fileURLToPath(new URL('../../support/children/invoke.ts', import.meta.url))

/** A folder for temporary files that is empty again after the test. */
async function temporary(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cookietin-test-'))
  onTestFinished(async () => {
    expect(await readdir(path)).toEqual([])
    await rm(path, { recursive: true })
  })
  return path
}

/** Calls a function in a mount namespace of its own, after a shell command. Returns the printed outcome. */
async function invokeApart(propagation: string, before: string, env: NodeJS.ProcessEnv): Promise<string> {
  await ensureFunctionImage()
  const shell = ['sh', '-c', `${before} && exec "$@"`, 'sh']
  const args = ['-m', '--propagation', propagation, ...shell, process.execPath, script, 'echo', '', '3000']
  const { stdout } = await promisify(execFile)('unshare', args, { env: { ...process.env, ...env } })
  return stdout
}

describe.runIf(process.getuid?.() === 0)('in a mount namespace of its own, as systemd gives one to a service', () => {
  it.each(['slave', 'private', 'unchanged'])('a function is served: %s', async propagation => {
    expect(await invokeApart(propagation, 'true', { TMPDIR: await temporary() })).toMatch(/^200 /)
  })

  it('with temporary files of its own the error names the cause and the setting, which makes it work', async () => {
    const [TMPDIR, COOKIETIN_SOCKET_FOLDER] = [await temporary(), await temporary()]
    const own = `mount -t tmpfs none ${TMPDIR}`
    const refused = await invokeApart('slave', own, { TMPDIR })
    expect(refused).toMatch(/^ERR_COOKIETIN_INVALID_CONFIG .*does not see the folder of the function's socket/)
    expect(refused).toContain('socketFolder (COOKIETIN_SOCKET_FOLDER)')
    expect(await invokeApart('slave', own, { TMPDIR, COOKIETIN_SOCKET_FOLDER })).toMatch(/^200 /)
  })
})
