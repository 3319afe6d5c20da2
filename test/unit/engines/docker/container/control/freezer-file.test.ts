import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freezerFile } from '../../../../../../src/engines/docker/container/control/freezer-file.ts'
import { parseMounts } from '../../../../../../src/engines/docker/sampling/cgroup/mounts.ts'

/** A folder with the files of a control group. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cookietin-freezer-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

describe('the freezer file of cgroup v1', () => {
  it.each([
    ['THAWED\n', 'thawed'],
    ['FREEZING\n', 'changing'],
    ['FROZEN\n', 'frozen'],
    ['', undefined],
  ])('that holds %j tells %s', (text, state) => {
    expect(freezerFile(folderWith({ 'freezer.state': text }), 1).state()).toBe(state)
  })

  it('takes FROZEN and THAWED', () => {
    const folder = folderWith({ 'freezer.state': '      ' })
    const file = freezerFile(folder, 1)
    for (const [wanted, text] of [
      ['frozen', 'FROZEN'],
      ['thawed', 'THAWED'],
    ] as const) {
      file.set(wanted)
      expect(readFileSync(join(folder, 'freezer.state'), 'utf8')).toBe(text)
      expect(file.state()).toBe(wanted)
    }
  })
})

describe('the freezer file of cgroup v2', () => {
  it.each([
    ['0\n', 'populated 1\nfrozen 0\n', 'thawed'],
    ['1\n', 'populated 1\nfrozen 0\n', 'changing'],
    ['1\n', 'populated 1\nfrozen 1\n', 'frozen'],
    ['0\n', 'populated 1\nfrozen 1\n', 'changing'],
    ['1\n', 'populated 1\n', undefined],
  ])('that holds %j with the events %j tells %s', (freeze, events, state) => {
    expect(freezerFile(folderWith({ 'cgroup.freeze': freeze, 'cgroup.events': events }), 2).state()).toBe(state)
  })

  it('takes 1 and 0', () => {
    const folder = folderWith({ 'cgroup.freeze': '0', 'cgroup.events': 'frozen 0\n' })
    const file = freezerFile(folder, 2)
    file.set('frozen')
    expect([readFileSync(join(folder, 'cgroup.freeze'), 'utf8'), file.state()]).toEqual(['1', 'changing'])
    file.set('thawed')
    expect([readFileSync(join(folder, 'cgroup.freeze'), 'utf8'), file.state()]).toEqual(['0', 'thawed'])
  })
})

it.each([1, 2] as const)(
  'a group of version %i that is gone has no state, and no file is made in its place',
  version => {
    const folder = folderWith({})
    const file = freezerFile(folder, version)
    expect(file.state()).toBeUndefined()
    expect(() => file.set('thawed')).toThrow('ENOENT')
    expect(file.state()).toBeUndefined()
  },
)

/** Where groups of this version can be made on this machine. */
function rootOf(version: 1 | 2): string | undefined {
  try {
    const root = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'), version, ['freezer'])?.folder('freezer', '/')
    if (root !== undefined) accessSync(root, constants.W_OK)
    return root
  } catch {
    return undefined
  }
}

/** A process that writes a dot every few ms, in a new group of the kernel. */
async function groupOfKernel(root: string): Promise<{ folder: string; child: ChildProcess }> {
  const folder = join(root, `cookietin-test-${process.pid}-${Date.now()}`)
  mkdirSync(folder)
  const child = spawn('sh', ['-c', 'while :; do echo .; sleep 0.01; done'], { stdio: ['ignore', 'pipe', 'ignore'] })
  writeFileSync(join(folder, 'cgroup.procs'), String(child.pid))
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return { folder, child }
}

describe.each([1, 2] as const)('the kernel, by cgroup v%i', version => {
  const root = rootOf(version)

  it.runIf(root !== undefined)(
    'freezes and thaws a process, and kills a frozen one without running it again',
    async () => {
      const { folder, child } = await groupOfKernel(root ?? '')
      const file = freezerFile(folder, version)
      const cpu = () => readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ').slice(13, 17).join(' ')
      // A process that forks while its group freezes may have to be told again.
      const freeze = () => {
        file.set('frozen')
        return file.state()
      }
      await expect.poll(freeze, { interval: 1 }).toBe('frozen')
      const before = cpu()
      await new Promise(resolve => setTimeout(resolve, 100))
      expect(cpu()).toBe(before)
      file.set('thawed')
      await expect.poll(file.state, { interval: 1 }).toBe('thawed')
      child.stdout?.removeAllListeners()
      await once(child.stdout as NodeJS.ReadableStream, 'data')
      await expect.poll(freeze, { interval: 1 }).toBe('frozen')
      file.kill()
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
      // A child of its may live a moment longer.
      await expect
        .poll(() => {
          rmdirSync(folder)
          return file.state()
        })
        .toBeUndefined()
      expect(() => file.set('frozen')).toThrow('ENOENT')
    },
  )
})
