import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, startCli } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'cookietin-'))
afterAll(() => rmSync(folder, { recursive: true }))

const env = { COOKIETIN_HISTORY: join(folder, 'runs/history.db') }
const history = (...args: string[]) => cli(['history', ...args], { env })
const run = (...args: string[]) => cli(['run', '--driver', 'process', '--quiet', ...args], { env })

beforeAll(async () => {
  await run('--id', 'good', 'busybox', 'sleep', '1.2')
  await run('--id', 'bad', 'busybox:1', 'sh', '-c', 'printf %sret-output sec; exit 3', '\u001b[31mred')
  const input = `{"image":"busybox","id":"late","command":["sleep","60"],"timeout":100,"env":{"TOKEN":"secret-value"}}\n`
  await cli(['batch', '--driver', 'process'], { env, input })
})

test('lists runs, the newest first', async () => {
  const { code, stdout } = await history()
  expect(code).toBe(0)
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map(row => row.split(/ {2,}/))
  expect(rows[0]).toEqual(['CREATED', 'ID', 'ENDED', 'RAN', 'IMAGE', 'COMMAND'])
  expect(
    rows
      .slice(1)
      .map(([created, id, ended, , image]) => [
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(created ?? ''),
        id,
        ended,
        image,
      ]),
  ).toEqual([
    [true, 'late', 'timeout', 'busybox'],
    [true, 'bad', 'exit 3', 'busybox:1'],
    [true, 'good', 'success', 'busybox'],
  ])
  // Control characters must not reach the terminal; environment and output are not stored.
  expect(stdout).not.toContain('\u001b')
  expect((await history('--json')).stdout).not.toMatch(/secret/)
})

test('lists by status, image and time', async () => {
  const ids = async (...args: string[]) =>
    (await history('--json', ...args)).stdout
      .split('\n')
      .flatMap(line => (line === '' ? [] : [(JSON.parse(line) as { id: string }).id]))
  expect(await ids('--status', 'error', '--status', 'timeout')).toEqual(['late', 'bad'])
  expect(await ids('--image', 'busybox:latest')).toEqual(['late', 'good'])
  expect(await ids('--since', '1h', '-n', '1')).toEqual(['late'])
  expect(await ids('--since', '2999-01-01')).toEqual([])
  expect(await history('--status', 'failed')).toMatchObject({ code: 0, stdout: '', stderr: 'no runs\n' })
})

test('shows a run, with its transitions and a plot', async () => {
  const { code, stdout } = await history('good')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^command +\["sleep","1.2"\]$/m)
  expect(stdout).toMatch(/^ *\d.* starting +→ +running +ok$/m)
  expect(stdout).not.toContain('xstate.')
  expect(stdout).toMatch(/^Memory: peak [\d.]+ MiB/m)
  const record = JSON.parse((await history('good', '--json')).stdout) as {
    key: string
    stats: object[]
    transitions: object[]
  }
  expect([record.stats.length > 0, record.transitions.length]).toEqual([true, 7])
  expect(JSON.parse((await history(record.key, '--json')).stdout)).toEqual(record)
})

test('shows a run whose process was killed', async () => {
  const child = startCli(
    ['run', '--driver', 'process', '--quiet', '--id', 'torn', 'busybox', 'sh', '-c', 'echo up $$.; exec sleep 60'],
    { env },
  )
  await child.untilStdout('.')
  // The start of a run is written with a delay.
  await expect.poll(async () => (await history('torn')).stdout).toMatch(/^ended +running$/m)
  child.process.kill('SIGKILL')
  const pid = Number(/\d+/.exec((await child.end).stdout)?.[0])
  // The killed run left its process running.
  process.kill(pid, 'SIGKILL')
  const { stdout } = await history('torn')
  expect(stdout).toMatch(/^ended +interrupted$/m)
  expect((await history('--status', 'unfinished', '--json')).stdout).toContain('"torn"')
})

test.each([
  [['nobody'], 1, 'the history has no run nobody'],
  [['--status', 'fine'], 125, '"fine" is not one of success, error, timeout, killed, cancelled, failed, unfinished'],
  [['--since', 'soon'], 125, '"soon" is not a duration, such as 24h, or a time'],
  [['--prune'], 125, '--prune needs --max-age, such as 30d, --max-runs or --max-calls'],
  [['--prune', '--max-age', 'old'], 125, '"old" is not a duration'],
  [['--max-runs', '2'], 125, '--max-age, --max-runs and --max-calls need --prune'],
  [['--max-age', '1h'], 125, '--max-age, --max-runs and --max-calls need --prune'],
  [
    ['--prune', '--max-runs', '0', '--status', 'error'],
    125,
    '--prune takes only --max-age, --max-runs and --max-calls',
  ],
  [['--prune', '--max-runs', '0', '--calls'], 125, '--prune takes only --max-age, --max-runs and --max-calls'],
  [['--failed'], 125, '--function and --failed need --calls'],
  [['--calls', '--label', 'a=b'], 125, '--calls takes --function and --failed in place of --status and --label'],
  [['--prune', '--max-runs', '0', 'good'], 125, '--prune takes only --max-age, --max-runs and --max-calls'],
])('reports what it cannot do: %j', async (args, expected, message) => {
  const { code, stderr } = await history(...args)
  expect([code, stderr]).toEqual([expected, expect.stringContaining(message)])
})

test('asks for a history if none is given, and reports why one cannot be opened', async () => {
  const none = await cli(['history'], { env: { COOKIETIN_HISTORY: '' } })
  expect([none.code, none.stderr]).toEqual([
    125,
    expect.stringContaining('give --history FILE, or set COOKIETIN_HISTORY'),
  ])
  const wrong = await cli(['run', '--driver', 'process', '--history', '/dev/null/x', 'none', 'true'])
  expect([wrong.code, wrong.stderr]).toEqual([
    125,
    expect.stringContaining('Could not open the history in /dev/null/x'),
  ])
})

test('does not create a history by reading one', async () => {
  const path = join(folder, 'misspelt/history.db')
  const { code, stdout, stderr } = await cli(['history', '--history', path])
  expect([code, stdout, stderr]).toEqual([125, '', expect.stringContaining(`there is no file ${path}`)])
  expect(existsSync(join(folder, 'misspelt'))).toBe(false)
})

test('prunes', async () => {
  expect((await history('--prune', '--max-runs', '1')).stdout).toMatch(/^\d runs? (and calls|or call) removed\n$/)
  expect((await history('--prune', '--max-age', '30d')).stdout).toBe('0 runs and calls removed\n')
  expect((await history('good')).code).toBe(1)
})
