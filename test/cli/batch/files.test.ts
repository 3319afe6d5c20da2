import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cli } from '../../support/cli.ts'

const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
afterAll(() => rmSync(dir, { recursive: true }))

const batch = ['batch', '--driver', 'process', '--concurrency', '2']
const task = (command: string, more: object = {}) =>
  JSON.stringify({ image: 'none', command: ['sh', '-c', command], ...more })
const both = 'echo out; echo err >&2'
const linesOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { line: number; status: string })

test('--output writes the bytes of each stream into a file', async () => {
  const input = [
    task('printf "\\377\\000x"; echo no >&2', { id: 'named' }),
    task('head -c 3000000 /dev/zero'),
    task('echo again', { id: 'named' }),
    'not json',
    task('true', { memory: 'much' }),
  ].join('\n')
  const folder = join(dir, 'out')
  const { code, stdout } = await cli([...batch, '--output', folder], { input })
  expect(code).toBe(1)
  expect(stdout).toContain('5 tasks: 3 succeeded, 2 failed')
  expect(readdirSync(folder).sort()).toEqual(['line-2', 'line-3', 'named'])
  expect(readFileSync(join(folder, 'named', 'stdout'))).toEqual(Buffer.from([0xff, 0, 0x78]))
  expect(readFileSync(join(folder, 'named', 'stderr'), 'utf8')).toBe('no\n')
  expect(readFileSync(join(folder, 'line-2', 'stdout')).equals(Buffer.alloc(3_000_000))).toBe(true)
  expect(readFileSync(join(folder, 'line-2', 'stderr'))).toHaveLength(0)
  expect(readFileSync(join(folder, 'line-3', 'stdout'), 'utf8')).toBe('again\n')
})

test('a task whose output cannot be written has failed', async () => {
  const folder = join(dir, 'blocked')
  await cli([...batch, '--output', folder], { input: '' })
  writeFileSync(join(folder, 'one'), 'a file in the place of the folder')
  const { code, stdout } = await cli([...batch, '--output', folder], { input: task('echo hi', { id: 'one' }) })
  expect(code).toBe(1)
  expect(stdout).toContain('Cannot write the output of the task')
})

test.for(['stdout', 'stderr'])('a pipe or a device in the place of %s is refused, with its path', async name => {
  const folder = join(dir, `special-${name}`)
  mkdirSync(join(folder, 'pipe'), { recursive: true })
  mkdirSync(join(folder, 'device'), { recursive: true })
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe', name)])
  symlinkSync('/dev/null', join(folder, 'device', name))
  const input = [task(both, { id: 'pipe' }), task(both, { id: 'device' })].join('\n')
  const { code, stdout } = await cli([...batch, '--output', folder], { input })
  expect(code).toBe(1)
  for (const id of ['pipe', 'device'])
    expect(stdout).toContain(`Cannot write the output of the task: ${join(folder, id, name)} is not an ordinary file`)
})

test('a folder of --output that cannot be made is refused before anything runs', async () => {
  const file = join(dir, 'plain')
  writeFileSync(file, '')
  const { code, stderr } = await cli([...batch, '--output', join(file, 'x')], {
    input: task(`touch ${join(dir, 'ran')}`),
  })
  expect([code, existsSync(join(dir, 'ran'))]).toEqual([125, false])
  expect(stderr).toContain('--output: cannot make the folder')
  const same = await cli([...batch, '--output', dir, '--artifacts', `${dir}/`], { input: '' })
  expect([same.code, same.stderr]).toEqual([
    125,
    expect.stringContaining('--output: the folder is that of --artifacts'),
  ])
})

test('--keep-order prints the results in the order of the tasks', async () => {
  const gate = join(dir, 'gate')
  const input = [task(`until [ -e ${gate} ]; do sleep 0.05; done`), 'not json', task(`touch ${gate}; exit 3`)].join(
    '\n',
  )
  const { stdout } = await cli([...batch, '--json', '--keep-order', '-q'], { input })
  expect(linesOf(stdout).map(({ line, status }) => [line, status])).toEqual([
    [1, 'success'],
    [2, 'failed'],
    [3, 'error'],
  ])
  const { code, stderr } = await cli([...batch, '--keep-order'], { input: '' })
  expect([code, stderr]).toEqual([125, expect.stringContaining('--keep-order: it needs --json')])
})

test('the summary has the last lines of standard error of failed tasks, harmless to a terminal', async () => {
  const input = [
    task('seq 1 5000 >&2; printf "bad \\033[31m\\tend" >&2; exit 2', { id: 'bad' }),
    task('echo fine >&2', { id: 'good' }),
  ].join('\n')
  const { stdout } = await cli(batch, { input })
  expect(stdout).toContain('line 1  bad\n  4999\n  5000\n  bad �[31m    end\n\n2 tasks')
  expect(stdout).not.toContain('fine')
})

test('--resume runs only the tasks that have not succeeded', async () => {
  const tasks = join(dir, 'tasks.jsonl')
  const results = join(dir, 'results.jsonl')
  const marker = join(dir, 'fixed')
  writeFileSync(
    tasks,
    [task('echo a', { id: 'one' }), '', task(`[ -e ${marker} ]`, { id: 'two' }), task('true')].join('\n'),
  )
  const first = await cli([...batch, '--json', tasks])
  // Its last line was cut, as by the end of the machine.
  writeFileSync(results, `${first.stdout}{"line":3,"id":"two","status":"success"`)
  writeFileSync(marker, '')
  const again = await cli([...batch, '--json', '--resume', results, tasks])
  expect(again).toMatchObject({ code: 0 })
  expect(linesOf(again.stdout).map(({ line, status }) => [line, status])).toEqual([[3, 'success']])
  expect(again.stderr).toContain('1 task: 1 succeeded, 0 failed, 2 skipped')
})

test.each([
  ['an id that differs', '{"line":1,"id":"other","status":"success"}\n', 'line 1 succeeded with the id "other"'],
  ['a line that is not there', '{"line":9,"id":"x","status":"success"}\n', 'line 9 succeeded, but'],
  ['a line that is not a result', '{"id":"x"}\n', 'line 1 of'],
])('--resume refuses results with %s', async (_, text, message) => {
  const tasks = join(dir, 'refused.jsonl')
  const results = join(dir, 'refused-results.jsonl')
  const ran = join(dir, 'refused-ran')
  writeFileSync(tasks, task(`touch ${ran}`, { id: 'a' }))
  writeFileSync(results, text)
  const { code, stderr } = await cli([...batch, '--resume', results, tasks])
  expect([code, existsSync(ran)]).toEqual([125, false])
  expect(stderr).toContain('--resume: ')
  expect(stderr).toContain(message)
})

test('--resume takes files that begin with a byte order mark', async () => {
  const [tasks, results] = [join(dir, 'marked-tasks'), join(dir, 'marked-results')]
  writeFileSync(tasks, `\ufeff${task('exit 3')}\n${task('true')}\n`)
  writeFileSync(results, '\ufeff{"line":1,"id":"a","status":"success"}\n')
  const { code, stdout } = await cli([...batch, '--json', '--resume', results, tasks])
  expect([code, linesOf(stdout).map(({ line }) => line)]).toEqual([0, [2]])
})

test('--resume refuses standard input, and results that cannot be read', async () => {
  const { stderr } = await cli([...batch, '--resume', 'x'], { input: '' })
  expect(stderr).toContain('--resume: it needs a FILE of tasks')
  const tasks = join(dir, 'none.jsonl')
  writeFileSync(tasks, '')
  const missing = await cli([...batch, '--resume', join(dir, 'missing'), tasks])
  expect([missing.code, missing.stderr]).toEqual([125, expect.stringContaining('--resume: cannot read')])
})
