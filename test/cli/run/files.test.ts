import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cli } from '../../support/cli.ts'

const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
afterAll(() => rmSync(dir, { recursive: true }))
const at = (path: string) => join(dir, path)
const run = ['run', '--driver', 'process', '--quiet', '-w', '/w']

test('--copy-in and --copy-out take files and folders, and replace what is there', async () => {
  mkdirSync(at('in'))
  writeFileSync(at('in/a'), 'a')
  writeFileSync(at('made'), 'old')
  const copies = [
    '--copy-in',
    `${at('in')}:/w/in`,
    '--copy-out',
    `/w/made:${at('made')}`,
    '--copy-out',
    `/w/in:${at('out')}`,
  ]
  const { code, stderr } = await cli([...run, ...copies, 'none', 'sh', '-c', 'cat in/a > made; echo b > in/b'])
  expect([code, stderr]).toEqual([0, ''])
  expect([readFileSync(at('made'), 'utf8'), readdirSync(at('out'))]).toEqual(['a', ['a', 'b']])
})

test('what is missing, refused or in the way of a link is named, and no success', async () => {
  writeFileSync(at('victim'), 'safe')
  symlinkSync(at('victim'), at('link'))
  const copies = ['/w/none', '/w/l', '/w/f'].flatMap(path => ['--copy-out', `${path}:${at('link')}`])
  const args = [...run.filter(arg => arg !== '--quiet'), ...copies, 'none', 'sh', '-c', 'ln -s /etc l; echo x > f']
  const { code, stderr } = await cli(args)
  expect(code).toBe(125)
  expect(stderr).toContain('/w/none is not in the container')
  expect(stderr).toContain('/w/l was not copied out: symbolic link to /etc')
  expect(stderr).toContain('/w/f was not written')
  expect(readFileSync(at('victim'), 'utf8')).toBe('safe')
  expect((await cli([...run, '--copy-in', 'x', 'none', 'true'])).stderr).toContain('is not HOST:CONTAINER')
})

test('a line of a batch has files in every form, and its artifacts get a folder', async () => {
  const files = {
    '/w/a': 'text',
    '/w/b': { base64: '/+8=' },
    '/w/c': { from: at('in') },
    '/w/d': { content: 'd', mode: 493 },
  }
  const line = {
    image: 'x',
    workDir: '/w',
    command: ['sh', '-c', 'cat a d; ls -l d | cut -c1-10'],
    files,
    artifacts: ['/w'],
  }
  const bad = { image: 'x', command: ['true'], files: { '/w/b': { base64: '%' } } }
  const input = [line, { ...line, id: 'named' }, bad].map(each => JSON.stringify(each)).join('\n')
  const args = ['batch', '--driver', 'process', '--json', '--quiet', '--artifacts', at('batch')]
  const { code, stdout } = await cli(args, { input })
  const results = stdout
    .trim()
    .split('\n')
    .map(text => JSON.parse(text) as Record<string, unknown>)
  expect(code).toBe(1)
  expect(results.filter(({ stdout }) => stdout === 'textd-rwxr-xr-x\n').length).toBe(2)
  expect(results.find(({ line }) => line === 3)).toMatchObject({
    error: { message: expect.stringContaining('base64') },
  })
  expect(readdirSync(at('batch')).toSorted()).toEqual(['line-1', 'named'])
  expect([...readFileSync(at('batch/named/w/b'))]).toEqual([255, 239])
})

test('explain shows the volume of a read-only root', async () => {
  const args = [
    'explain',
    '--hardened',
    '--copy-in',
    `${at('in')}:/app/in`,
    '--copy-out',
    '/app/out:x',
    '--json',
    'busybox',
  ]
  const { options } = JSON.parse((await cli(args)).stdout) as {
    options: { option: string; value: unknown; reason: string }[]
  }
  const mounts = options.find(({ option }) => option === 'HostConfig.Mounts')
  expect(mounts?.value).toEqual([{ Type: 'volume', Target: '/app', ReadOnly: false }])
  expect(mounts?.reason).toContain('its size is not bounded')
})
