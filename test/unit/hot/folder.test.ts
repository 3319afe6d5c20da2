import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SocketFolders, sweepSocketFolders } from '../../../src/hot/folder.ts'
import { currentOwner } from '../../../src/owner.ts'

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

it('sweeps what a dead process left, and nothing of a living one', async () => {
  const { pid } = JSON.parse(
    execFileSync(process.execPath, ['-p', 'JSON.stringify({ pid: process.pid })'], { encoding: 'utf8' }),
  ) as { pid: number }
  const [boot, , start, ...rest] = currentOwner().split('/')
  const owners = { dead: [boot, pid, start, ...rest].join('/'), alive: currentOwner(), nonsense: 'nonsense' }
  for (const [name, owner] of Object.entries(owners)) {
    mkdirSync(join(temp, `cookietin-sockets-${name}`, '0'), { recursive: true })
    writeFileSync(join(temp, `cookietin-sockets-${name}`, 'owner'), owner)
  }
  mkdirSync(join(temp, 'cookietin-sockets-unowned'))
  await sweepSocketFolders()
  expect(readdirSync(temp).sort()).toEqual([
    'cookietin-sockets-alive',
    'cookietin-sockets-nonsense',
    'cookietin-sockets-unowned',
  ])
  expect(existsSync(join(temp, 'cookietin-sockets-dead'))).toBe(false)
})
