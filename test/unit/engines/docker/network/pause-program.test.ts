import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pauseProgram } from '../../../../../src/engines/docker/network/pause-program.ts'

test('there is a program for amd64 and arm64 only', () => {
  for (const architecture of ['amd64', 'arm64']) {
    const program = pauseProgram(architecture)
    expect(program?.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
    expect(program?.length).toBeLessThan(200)
  }
  expect(pauseProgram('s390x')).toBeUndefined()
  expect(pauseProgram('')).toBeUndefined()
})

const ownProgram = pauseProgram(process.arch === 'x64' ? 'amd64' : process.arch)

test.skipIf(process.platform !== 'linux' || ownProgram === undefined)(
  'the program runs until it is killed',
  async () => {
    const folder = await mkdtemp('/tmp/ct-')
    const path = join(folder, 'pause')
    await writeFile(path, ownProgram ?? '', { mode: 0o755 })
    const signal = await new Promise(resolve => {
      const child = execFile(path, error => resolve(error?.signal ?? error))
      child.on('spawn', () => child.kill('SIGTERM'))
    })
    expect(signal).toBe('SIGTERM')
    await rm(folder, { recursive: true })
  },
)
