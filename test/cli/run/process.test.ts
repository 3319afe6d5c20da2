import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { cli, main, startCli } from '../../support/cli.ts'

const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
afterAll(() => rmSync(dir, { recursive: true }))

const run = ['run', '--driver', 'process', '--quiet']
const sh = (script: string) => [...run, 'none', 'sh', '-c', script]

test('passes stdout and stderr separately', async () => {
  expect(await cli(sh('echo out; echo err >&2'))).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' })
})

test("exits with the command's own exit code", async () => {
  expect(await cli(sh('exit 3'))).toEqual({ code: 3, stdout: '', stderr: '' })
})

test('warns that the process driver does not isolate', async () => {
  const { stderr } = await cli(['run', '--driver', 'process', 'none', 'true'])
  expect(stderr).toContain('without any isolation')
})

test('exits with 127 and the reason if the command does not exist', async () => {
  const { code, stderr } = await cli(['run', '--driver', 'process', 'none', 'no-such-command'])
  expect(code).toBe(127)
  expect(stderr).toContain('The command was not found')
})

test('exits with 124 and a message on a timeout, after the output so far', async () => {
  const { code, stdout, stderr } = await cli([
    ...['run', '--driver', 'process', '--timeout', '300ms', 'none'],
    ...['sh', '-c', 'echo before; sleep 60'],
  ])
  expect(code).toBe(124)
  expect(stdout).toBe('before\n')
  expect(stderr).toContain('longer than its timeout of 300 ms')
})

test('does not read standard input without -i', async () => {
  expect(await cli([...run, 'none', 'wc', '-c'], { input: 'hello' })).toMatchObject({ code: 0, stdout: '0\n' })
})

test('accepts --rm and --init', async () => {
  expect(await cli([...run, '--rm', '--init', 'none', 'echo', 'hi'])).toEqual({ code: 0, stdout: 'hi\n', stderr: '' })
})

test.each([[[...run, '-i', 'none', 'cat']], [['batch', '--driver', 'process']]])(
  'rejects a folder as standard input: %j',
  async args => {
    const command = [process.execPath, main, ...args].map(word => `'${word}'`).join(' ')
    await expect(promisify(execFile)('sh', ['-c', `${command} < /tmp`])).rejects.toMatchObject({
      code: 125,
      stdout: '',
      stderr: expect.stringContaining('cannot read standard input: EISDIR'),
    })
  },
)

test('passes standard input with -i byte for byte', async () => {
  const bytes = randomBytes(8 * 1024 * 1024)
  const { code, stdout } = await cli([...run, '-i', 'none', 'sha256sum'], { input: bytes })
  expect(code).toBe(0)
  expect(stdout).toContain(createHash('sha256').update(bytes).digest('hex'))
})

test('passes every option after IMAGE to the command', async () => {
  const { stdout } = await cli([...run, 'none', 'echo', '--json', '-e', '--help'])
  expect(stdout).toBe('--json -e --help\n')
})

test('reads variables from --env, the own environment and files; --env overrides', async () => {
  const file = join(dir, 'env')
  writeFileSync(file, '# a comment\nA=file\nB=file\n\nOURS\n')
  const { stdout } = await cli(
    [...run, '-e', 'A=option', '--env', 'C', '--env-file', file, 'none', 'sh', '-c', 'echo $A $B $C $OURS'],
    { env: { C: 'from-us', OURS: 'from-us-too' } },
  )
  expect(stdout).toBe('option file from-us from-us-too\n')
})

test('--json prints the result instead of the output', async () => {
  const { code, stdout, stderr } = await cli([...run, '--json', '--id', 'j1', 'none', 'sh', '-c', 'echo hi; exit 2'])
  expect(code).toBe(2)
  expect(stderr).toBe('')
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  expect(JSON.parse(stdout)).toMatchObject({
    id: 'j1',
    status: 'error',
    exitCode: 2,
    stdout: 'hi\n',
    error: { code: 'ERR_COOKIETIN_EXIT_NONZERO', message: expect.stringContaining('code 2') },
  })
})

test('--json prints one line also for a run that could not be made', async () => {
  const bad = await cli([...run, '--json', '--id', 'bad id', 'none', 'true'])
  expect(bad.code).toBe(125)
  expect(JSON.parse(bad.stdout)).toEqual({
    id: 'bad id',
    status: 'failed',
    error: {
      code: 'ERR_COOKIETIN_INVALID_TASK',
      message: expect.stringContaining("id: 'bad id' is not allowed") as string,
    },
  })
  const usage = await cli([...run, '--json', '--timeout', '5', 'none', 'true'])
  expect(JSON.parse(usage.stdout)).toMatchObject({ status: 'failed', error: { code: 'ERR_COOKIETIN_INVALID_TASK' } })
  const unknown = await cli([...run, '--json', '--memry', '64m', 'none', 'true'])
  expect(JSON.parse(unknown.stdout)).toMatchObject({
    error: { message: "unknown option '--memry'\n(Did you mean --memory?)" },
  })
  const engine = await cli(['run', '--json', 'busybox'], { env: { DOCKER_HOST: 'unix:///no/such/socket' } })
  expect(engine.code).toBe(125)
  expect(engine.stdout.trimEnd().split('\n')).toHaveLength(1)
  expect(JSON.parse(engine.stdout)).toMatchObject({ error: { code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE' } })
})

test('--json --encoding base64 keeps the bytes', async () => {
  const { stdout } = await cli([...run, '--json', '--encoding', 'base64', 'none', 'printf', '\\377\\000'])
  expect(JSON.parse(stdout)).toMatchObject({ encoding: 'base64', stdout: '/wA=', stderr: '' })
})

test('--json escapes what a terminal would interpret', async () => {
  const { stdout } = await cli([...run, '--json', 'none', 'printf', '\\302\\233\\342\\200\\256'])
  expect(stdout).toContain('"stdout":"\\u009b\\u202e"')
  expect(JSON.parse(stdout)).toMatchObject({ stdout: '\u009b\u202e' })
})

test('--max-output limits the output in --json, and the result marks it as truncated', async () => {
  const { stdout } = await cli([...run, '--json', '--max-output', '4', 'none', 'echo', 'hello'])
  expect(JSON.parse(stdout)).toMatchObject({ status: 'success', stdout: 'hell', stdoutTruncated: true })
})

test('exits quietly when the reader of its output closes it', async () => {
  const { process, end, untilStdout } = startCli([...run, 'none', 'yes'], { input: '' })
  await untilStdout('y\n')
  process.stdout.destroy()
  expect(await end).toMatchObject({ code: 141, stderr: '' })
})

test('reports that its output cannot be written, and exits', async () => {
  const command = `'${process.execPath}' '${main}' ${sh('yes')
    .map(word => `'${word}'`)
    .join(' ')} > /dev/full`
  const ended = promisify(execFile)('sh', ['-c', command])
  await expect(ended).rejects.toMatchObject({
    code: 125,
    stderr: expect.stringContaining('cannot write to standard output: ENOSPC'),
  })
})

test('keeps its timeout while the reader of its output is stalled', async () => {
  const args = ['run', '--driver', 'process', '--timeout', '300ms', 'none', 'yes']
  const { process, untilStderr, end } = startCli(args, { input: '', stalled: true })
  await untilStderr('longer than its timeout')
  process.stdout.resume()
  const { code, stdout } = await end
  expect(code).toBe(124)
  expect(stdout).toMatch(/^(y\n)+y?$/)
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
] as const)('on %s ends the command and exits with %i', async (signal, code) => {
  const { process: child, untilStdout, end } = startCli(sh('echo $$; exec sleep 60'), { input: '' })
  await untilStdout('\n')
  child.kill(signal)
  const ended = await end
  expect(ended.code).toBe(code)
  expect(() => process.kill(Number(ended.stdout), 0)).toThrow('ESRCH')
})

test.each([
  ['passes SIGTERM on, and exits with the code of the command', "trap 'exit 7' TERM", ['SIGTERM'], [], 7],
  [
    'kills a command that ignores SIGTERM after --stop-timeout',
    "trap '' TERM",
    ['SIGTERM'],
    ['--stop-timeout', '200ms'],
    137,
  ],
  ['kills a command that ignores Ctrl-C at a second one', "trap '' INT", ['SIGINT', 'SIGINT'], [], 137],
  [
    'asks a command to end at its timeout',
    "trap 'exit 7' INT",
    [],
    ['--timeout', '300ms', '--stop-signal', 'int', '--stop-timeout', '9s'],
    124,
  ],
] as const)('%s', async (_, trap, signals, options, code) => {
  const script = `${trap}; echo up; while :; do sleep 0.02; done`
  const args = [...run, ...options, 'none', 'sh', '-c', script]
  const { process: child, untilStdout, untilStderr, end } = startCli(args, { input: '' })
  await untilStdout('up')
  for (const signal of signals) {
    child.kill(signal)
    if (signal === 'SIGINT') await untilStderr('Ctrl-C again kills')
  }
  expect((await end).code).toBe(code)
})

test.each(['SIGUSR1', 'SIGUSR2'] as const)('passes %s on, as often as it comes, and goes on', async signal => {
  const script = `trap 'n=$((n + 1)); echo got $n' ${signal.slice(3)}; echo up; while [ "$n" != 2 ]; do sleep 0.02; done; exit 3`
  const { process: child, untilStdout, end } = startCli([...run, 'none', 'sh', '-c', script], { input: '' })
  await untilStdout('up')
  child.kill(signal)
  await untilStdout('got 1')
  child.kill(signal)
  expect(await end).toMatchObject({ code: 3, stdout: 'up\ngot 1\ngot 2\n' })
})

describe('a batch', () => {
  const task = (id: string, script: string) => JSON.stringify({ id, image: 'none', command: ['sh', '-c', script] })
  const started = (folder: string, ids: readonly string[]) =>
    expect.poll(() => ids.every(id => existsSync(join(folder, id)))).toBe(true)
  const folderOf = () => {
    const folder = mkdtempSync(join(tmpdir(), 'cookietin-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    return folder
  }

  test('passes SIGUSR1 on to every task that runs', async () => {
    const folder = folderOf()
    const waits = (id: string) => task(id, `trap 'exit 0' USR1; : > ${folder}/${id}; while :; do sleep 0.02; done`)
    const { process: child, end } = startCli(['batch', '--driver', 'process', '-q', '--json', '-c', '2'], {
      input: [waits('one'), waits('two')].join('\n'),
    })
    await started(folder, ['one', 'two'])
    child.kill('SIGUSR1')
    const { code, stdout } = await end
    expect([code, stdout.match(/"status":"success"/g)?.length]).toEqual([0, 2])
  })

  test.each([
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const)('passes %s on to what runs, waits for it, and starts nothing more', async (signal, exit) => {
    const folder = folderOf()
    const waits = (id: string) =>
      task(id, `trap 'echo bye; exit 7' ${signal.slice(3)}; : > ${folder}/${id}; while :; do sleep 0.02; done`)
    const { process: child, end } = startCli(['batch', '--driver', 'process', '-q', '--json', '-c', '1'], {
      input: [waits('one'), task('queued', 'true')].join('\n'),
    })
    await started(folder, ['one'])
    child.kill(signal)
    const { code, stdout } = await end
    const ends = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(code).toBe(exit)
    expect(ends.map(({ id, status, exitCode, stdout: text }) => [id, status, exitCode, text]).sort()).toEqual([
      ['one', 'cancelled', 7, 'bye\n'],
      ['queued', 'cancelled', undefined, ''],
    ])
  })
})
