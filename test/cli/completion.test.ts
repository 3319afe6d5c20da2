import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli } from '../support/cli.ts'

const run = promisify(execFile)
const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
afterAll(() => rmSync(dir, { recursive: true }))

const isInstalled = async (shell: string) =>
  await run(shell, ['-c', 'true']).then(
    () => true,
    () => false,
  )
const script = (shell: string) => join(dir, `cookietin.${shell}`)

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await cli(['completion', shell])
    expect(code).toBe(0)
    writeFileSync(script(shell), stdout)
  }
})

/** What bash offers for the last of the words. */
async function bash(...words: string[]): Promise<string[]> {
  const line = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cookietin; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await run('bash', ['--norc', '-c', line, script('bash'), 'cookietin', ...words])
  return stdout.split('\n').filter(word => word !== '')
}

describe('bash', () => {
  test('completes commands, options and values', async () => {
    expect(await bash('ba')).toEqual(['batch'])
    expect(await bash('')).toEqual(expect.arrayContaining(['run', 'batch', 'completion', '--help']))
    expect(await bash('batch', '--keep')).toEqual(['--keep-order'])
    expect(await bash('batch', '--driver', '')).toEqual(['docker', 'process', 'cluster'])
    expect(await bash('run', '--pull', 'a')).toEqual(['always'])
    expect(await bash('run', '--network', '')).toEqual(['none', 'default'])
    expect(await bash('logs', '--t')).toEqual(['--tail', '--timestamps'])
    expect(await bash('stop', '--sig')).toEqual(['--signal'])
    expect(await bash('stats', '--no')).toEqual(['--no-stream'])
    expect(await bash('history', '--status', '')).toEqual([
      ...['success', 'error', 'timeout', 'killed', 'cancelled', 'failed', 'unfinished'],
    ])
    expect(await bash('history', '--status', 'success', '--status', 'un')).toEqual(['unfinished'])
    expect(await bash('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  test('completes a value after an equals sign, which bash takes for a word', async () => {
    expect(await bash('run', '--driver', '=')).toEqual(['docker', 'process', 'cluster'])
    expect(await bash('run', '--driver', '=', 'pro')).toEqual(['process'])
  })

  test('leaves files, and the words of the program in a container, to the default', async () => {
    expect(await bash('batch', '--output', '--k')).toEqual([])
    expect(await bash('run', 'busybox', '--m')).toEqual([])
    expect(await bash('run', '--memory', '64m', '--hard')).toEqual(['--hardened'])
    expect(await bash('run', '--memory', '=', '64m', '--hard')).toEqual(['--hardened'])
    expect(await bash('invoke', 'image', '--inc')).toEqual(['--include'])
    expect(await bash('invoke', 'image', '--', '--inc')).toEqual([])
    expect(await bash('unknown', '--')).toEqual([])
  })

  test('the script registers itself', async () => {
    const { stdout } = await run('bash', ['--norc', '-c', 'source "$0"; complete -p cookietin', script('bash')])
    expect(stdout).toContain('-F _cookietin cookietin')
  })
})

describe.skipIf(!(await isInstalled('zsh')))('zsh', () => {
  /** What the script adds for the last of the words. The functions of the completion system are replaced. */
  async function zsh(...words: string[]): Promise<string[]> {
    const line = [
      'compdef() { }',
      '_files() { print -- FILES }',
      `_describe() { print -l -- "\${(@P)@[-1]}" }`,
      `compadd() { if [[ $1 == -a ]]; then print -l -- "\${(@P)2}"; else shift; print -l -- "$@"; fi }`,
      'source "$0"; words=("$@"); CURRENT=$#; _cookietin',
    ].join('\n')
    const { stdout } = await run('zsh', ['-f', '-c', line, script('zsh'), 'cookietin', ...words])
    return stdout.split('\n').filter(word => word !== '')
  }

  test('completes commands, options and values', async () => {
    expect(await zsh('')).toContain('batch:run many containers, a limited number at once')
    expect((await zsh('batch', '-')).map(word => word.split(':')[0])).toContain('--keep-order')
    expect(await zsh('run', '--driver', '')).toEqual(['docker', 'process', 'cluster'])
    expect(await zsh('completion', '')).toEqual(['bash', 'zsh', 'fish'])
    expect(await zsh('batch', '--output', '')).toEqual(['FILES'])
    expect(await zsh('run', 'busybox', '-')).toEqual(['FILES'])
  })
})

describe.skipIf(!(await isInstalled('fish')))('fish', () => {
  async function fish(line: string): Promise<string[]> {
    const env = { ...process.env, HOME: dir, XDG_CONFIG_HOME: dir, XDG_DATA_HOME: dir }
    const command = 'source $argv[1]; complete -C $argv[2]'
    const { stdout } = await run('fish', ['--no-config', '-c', command, script('fish'), line], { env })
    return stdout.split('\n').map(word => word.split('\t')[0] ?? '')
  }

  test('completes commands, options and values', async () => {
    expect(await fish('cookietin ba')).toContain('batch')
    expect(await fish('cookietin batch --keep')).toContain('--keep-order')
    expect(await fish('cookietin run --driver ')).toEqual(expect.arrayContaining(['docker', 'process']))
    expect(await fish('cookietin completion ')).toEqual(expect.arrayContaining(['bash', 'fish', 'zsh']))
  })
})

test('another shell is refused, and the shells are named', async () => {
  const { code, stderr } = await cli(['completion', 'tcsh'])
  expect([code, stderr]).toEqual([125, expect.stringContaining('bash, zsh, fish')])
})
