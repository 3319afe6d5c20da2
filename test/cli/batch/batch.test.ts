import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cli, startCli } from '../../support/cli.ts'

const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
afterAll(() => rmSync(dir, { recursive: true }))

const batch = ['batch', '--driver', 'process', '--concurrency', '2']
const task = (command: string, more: object = {}) =>
  JSON.stringify({ image: 'none', command: ['sh', '-c', command], ...more })

test('runs every line of a file, and prints a summary', async () => {
  const file = join(dir, 'tasks.jsonl')
  writeFileSync(file, `${task('echo a', { id: 'aa' })}\n\n${task('echo b', { id: 'bb' })}\n`)
  const { code, stdout, stderr } = await cli([...batch, file])
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^LINE +ID +ENDED +TIME +WHY\n1 +aa +success +\d+.*\n3 +bb +success +\d+.*\n\n2 tasks: 2 succeeded, 0 failed\n$/,
  )
  expect(stderr).toMatch(/line 1 +aa +success/)
  expect(stderr).toMatch(/line 3 +bb +success/)
})

test('reads standard input, and --json prints a result for each line', async () => {
  const input = [task('echo one', { id: 'one' }), task('cat', { id: 'two', input: 'fed' })].join('\n')
  const { code, stdout, stderr } = await cli([...batch, '--json'], { input })
  expect(code).toBe(0)
  const results = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { line: number })
  expect(results.sort((a, b) => a.line - b.line)).toMatchObject([
    { line: 1, id: 'one', status: 'success', exitCode: 0, stdout: 'one\n' },
    { line: 2, id: 'two', status: 'success', exitCode: 0, stdout: 'fed' },
  ])
  expect(stderr).toContain('2 tasks: 2 succeeded, 0 failed')
})

test('ignores a byte order mark before the first line', async () => {
  const { code, stdout } = await cli([...batch, '--json', '-q'], { input: `\uFEFF${task('echo one')}\n` })
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ line: 1, stdout: 'one\n' })])
})

test('--json prints a line for each task also where no engine answers', async () => {
  const input = [task('true', { id: 'one' }), 'not json', task('true', { id: 'two' })].join('\n')
  const env = { DOCKER_HOST: 'unix:///no/such.sock' }
  const { code, stdout, stderr } = await cli(['batch', '--json'], { input, env })
  expect(code).toBe(125)
  const lines = stdout.trimEnd().split('\n')
  const unreachable = { status: 'failed', error: { code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE' } }
  expect(lines.map(line => JSON.parse(line))).toMatchObject([
    { line: 1, id: 'one', ...unreachable },
    { line: 2, id: '', status: 'failed', error: { code: 'ERR_COOKIETIN_INVALID_TASK' } },
    { line: 3, id: 'two', ...unreachable },
  ])
  expect(stderr).toContain('ERR_COOKIETIN_ENGINE_UNREACHABLE')
})

test('continues after failures, names their lines and exits with 1', async () => {
  const input = [
    task('exit 3', { id: 'three' }),
    'not json',
    '[1]',
    task('true', { memory: 'much' }),
    task('sleep 60', { id: 'slow', timeout: 200 }),
    task('true', { id: 'good' }),
  ].join('\n')
  const { code, stdout } = await cli([...batch, '--quiet', '--json'], { input })
  expect(code).toBe(1)
  const results = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { line: number })
  expect(results.sort((a, b) => a.line - b.line)).toMatchObject([
    { line: 1, status: 'error', exitCode: 3 },
    { line: 2, status: 'failed', error: { message: expect.stringContaining('not JSON') } },
    { line: 3, status: 'failed', error: { message: expect.stringContaining('not a task') } },
    { line: 4, status: 'failed', error: { code: 'ERR_COOKIETIN_INVALID_TASK' } },
    { line: 5, status: 'timeout' },
    { line: 6, status: 'success' },
  ])
})

test('lines of one id run one after the other, beside others', async () => {
  const input = [
    task('sleep 0.2; echo first', { id: 'one' }),
    task('echo second', { id: 'one' }),
    task('echo other', { id: 'two' }),
    task('exit 3', { id: 'one' }),
  ].join('\n')
  const { stdout } = await cli([...batch, '--json', '-q'], { input })
  const results = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { line: number; status: string })
  expect(results.map(({ line, status }) => [line, status])).toEqual([
    [3, 'success'],
    [1, 'success'],
    [2, 'success'],
    [4, 'error'],
  ])
})

test('a line takes the forms of the options, and bytes come as base64', async () => {
  const input = [
    task('printf "\\377"', { encoding: 'buffer', cpus: 0.5, timeout: '5s' }),
    task('sleep 60', { timeout: '200ms' }),
    task('true', { cpus: 500 }),
    task('true', { timeout: '5' }),
    task('true', { volumes: ['named'] }),
  ].join('\n')
  const { stdout } = await cli([...batch, '--json', '-q'], { input })
  const results = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { line: number })
  expect(results.sort((a, b) => a.line - b.line)).toMatchObject([
    { status: 'success', encoding: 'base64', stdout: '/w==' },
    { status: 'timeout' },
    { error: { message: 'cpus: 500 is a number of CPUs here, as with --cpus; write 0.5 for 500 milli-CPUs' } },
    { error: { message: expect.stringContaining('timeout: "5" has no unit') as string } },
    { error: { message: expect.stringContaining('volumes[0]: "named" is not HOST:CONTAINER') as string } },
  ])
})

test('what the lines hold is not quoted, and harmless to a terminal', async () => {
  const input = ['{"image":"none","env":{"PW":CANARYx}}', task('true', { id: 'a\u001b]0;x\u0007\u009b\u202eb' })].join(
    '\n',
  )
  const { stdout, stderr } = await cli(batch, { input })
  expect(stdout + stderr).not.toContain('CANARY')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is for control characters
  expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})

test('prints the reason of a failed line as a plain line and in the summary', async () => {
  const { stdout, stderr } = await cli([...batch, '-'], { input: `nonsense\n${task('exit 4', { id: 'four' })}` })
  expect(stderr).toMatch(/line 1 +invalid .*not JSON/)
  expect(stderr).toMatch(/line 2 +four +exit 4/)
  expect(stdout).toMatch(/1 +invalid .*not JSON/)
  expect(stdout).toContain('2 tasks: 0 succeeded, 2 failed')
})

test('runs at most --concurrency tasks at once', async () => {
  const marker = join(dir, 'running')
  // Each task makes a folder and prints the number of folders: mkdir is atomic, and a glob counts.
  const script = (n: number) => `mkdir ${marker}-${n}; ls -d ${marker}-* | wc -l; sleep 0.1; rmdir ${marker}-${n}`
  const input = Array.from({ length: 8 }, (_, n) => task(script(n))).join('\n')
  const { stdout } = await cli([...batch, '--json', '-q'], { input })
  const held = stdout
    .trimEnd()
    .split('\n')
    .map(line => Number((JSON.parse(line) as { stdout: string }).stdout))
  expect(Math.max(...held)).toBe(2)
})

test('on Ctrl-C cancels the running tasks, stops reading and exits with 130', async () => {
  const child = startCli([...batch, '--json'], {})
  child.process.stdin.write(`${task('true', { id: 'quick' })}\n${task('sleep 60', { id: 'slow' })}\n`)
  // Standard input stays open, so the batch could continue.
  await child.untilStdout('"quick"')
  child.process.kill('SIGINT')
  const { code, stdout } = await child.end
  expect(code).toBe(130)
  expect(stdout).toMatch(/"id":"slow".*"status":"cancelled"/)
})

test('counts cancelled tasks apart from failed ones, and lists each once', async () => {
  const child = startCli(batch, {})
  child.process.stdin.write(`${task('exit 3', { id: 'bad' })}\n${task('sleep 60', { id: 'slow' })}\n`)
  await child.untilStderr('bad')
  child.process.kill('SIGINT')
  const { stdout, stderr } = await child.end
  expect(stdout).toContain('2 tasks: 0 succeeded, 1 failed, 1 cancelled')
  expect((stdout + stderr).match(/slow/g)).toHaveLength(1)
})
