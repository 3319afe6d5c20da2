import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { main } from '../support/cli.ts'

/** Runs a command with one of its streams on a full disk, and returns what the other one got. */
async function onFullDisk(stream: 'stdout' | 'stderr', args: readonly string[]) {
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', stream === 'stdout' ? full : 'pipe', stream === 'stderr' ? full : 'pipe'],
  })
  closeSync(full)
  const other = child[stream === 'stdout' ? 'stderr' : 'stdout']
  const [[code], said] = await Promise.all([once(child, 'close'), other === null ? '' : text(other)])
  return { code: code as number, said }
}

test.for([
  ['doctor'],
  ['doctor', '--json'],
  ['explain', 'busybox'],
  ['completion', 'bash'],
  ['--help'],
  ['run', '--help'],
  ['--version'],
  ['-V', 'more'],
])('%j whose output cannot be written says so', async args => {
  expect(await onFullDisk('stdout', args)).toEqual({
    code: 125,
    said: 'cookietin: cannot write to standard output: ENOSPC: no space left on device, write\n',
  })
})

const run = ['run', '--driver', 'process']

test.for([
  [[...run, '-q', 'none', 'sh', '-c', 'echo lost >&2'], 125, ''],
  [[...run, 'none', 'sh', '-c', 'echo out; echo lost >&2'], 125, 'out\n'],
  [[...run, '-q', '--stats=json', 'none', 'echo', 'out'], 125, 'out\n'],
  // Only the note of the driver is lost.
  [[...run, 'none', 'echo', 'out'], 0, 'out\n'],
  [[...run, '-q', 'none', 'sh', '-c', 'echo out; exit 3'], 3, 'out\n'],
] as const)('%j with standard error on a full disk ends with %i', async ([args, code, said]) => {
  expect(await onFullDisk('stderr', args)).toEqual({ code, said })
})
