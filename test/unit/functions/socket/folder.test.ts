import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SocketFolders } from '../../../../src/functions/socket/folder.ts'
import { sweepSocketFolders } from '../../../../src/functions/socket/sweep.ts'
import { currentOwner } from '../../../../src/utils/owner.ts'

let temp = ''
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'cookietin-test-'))
  vi.stubEnv('TMPDIR', temp)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(temp, { recursive: true })
})

it('makes folders that anybody may write to, below one that only we may enter, and removes them', async () => {
  const folders = new SocketFolders()
  const [first, second] = await Promise.all([folders.make(), folders.make()])
  expect(first.path).not.toBe(second.path)
  expect(statSync(first.path).mode & 0o777).toBe(0o777)
  expect(statSync(join(first.path, '..')).mode & 0o777).toBe(0o700)
  // However deep a careless function has dug, and wherever it points.
  mkdirSync(join(first.path, 'a/b/c'), { recursive: true })
  symlinkSync('/', join(first.path, 'a/root'))
  await first.remove()
  await second.remove()
  await folders.close()
  expect(readdirSync(temp)).toEqual([])
})

it('sweeps the folders of a dead process, and none of a living one', async () => {
  const { pid } = JSON.parse(
    execFileSync(process.execPath, ['-p', 'JSON.stringify({ pid: process.pid })'], { encoding: 'utf8' }),
  ) as { pid: number }
  const [boot, , start, ...rest] = currentOwner().split('/')
  const owners = { dead: [boot, pid, start, ...rest].join('/'), alive: currentOwner(), nonsense: 'nonsense' }
  for (const [name, owner] of Object.entries(owners)) {
    const root = join(temp, `cookietin-sockets-${name}`)
    mkdirSync(root, { mode: 0o700 })
    mkdirSync(join(root, '0'))
    writeFileSync(join(root, 'owner'), owner)
  }
  mkdirSync(join(temp, 'cookietin-sockets-unowned'))
  // As another user of this machine could have made them, to have something else taken for ours.
  mkdirSync(join(temp, 'cookietin-sockets-open'), { mode: 0o755 })
  writeFileSync(join(temp, 'cookietin-sockets-open/owner'), owners.dead)
  symlinkSync('cookietin-sockets-dead', join(temp, 'cookietin-sockets-link'))

  const path = join(temp, 'cookietin-sockets-dead')
  expect(await sweepSocketFolders({ dryRun: true })).toEqual([{ path, removed: false }])
  expect(existsSync(path)).toBe(true)
  expect(await sweepSocketFolders()).toEqual([{ path, removed: true }])
  expect(readdirSync(temp).sort()).toEqual([
    'cookietin-sockets-alive',
    'cookietin-sockets-link',
    'cookietin-sockets-nonsense',
    'cookietin-sockets-open',
    'cookietin-sockets-unowned',
  ])
})

/** Deeper than a path may be long. */
const dig = (folder: string) =>
  spawnSync('sh', [
    '-c',
    'cd "$0"; for i in $(seq 300); do mkdir "$1" && cd -P "$1" || exit 1; done',
    folder,
    'd'.repeat(20),
  ])

it.each([
  ['bounded', 0],
  ['unbounded', 1_000],
])('removes a folder however deep a function has dug in it (%s)', async (_kind, uid) => {
  vi.spyOn(process, 'getuid').mockReturnValue(uid)
  const folders = new SocketFolders()
  const folder = await folders.make()
  vi.restoreAllMocks()
  dig(folder.path)
  await folder.remove()
  await folders.close()
  expect(readdirSync(temp)).toEqual([])
})

it('keeps folders that are left, and makes a new root after a failure', async () => {
  const folders = new SocketFolders()
  vi.stubEnv('TMPDIR', join(temp, 'none'))
  await expect(folders.make()).rejects.toThrow('ENOENT')
  vi.stubEnv('TMPDIR', temp)
  const { path } = await folders.make()
  // A folder that is left keeps the root.
  await folders.close()
  expect(existsSync(path)).toBe(true)
  execFileSync('sh', ['-c', 'umount -l "$0" 2>/dev/null; true', path])
})
