import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CliRun, cli, startCli } from '../../support/cli.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'

beforeAll(async () => void (await ensureTestImage()))

const runs: CliRun[] = []
afterAll(async () => {
  for (const { process } of runs) process.kill('SIGINT')
  await Promise.all(runs.map(({ end }) => end))
})

let id = ''
let count = 0
beforeEach(() => {
  id = `logs-${process.pid}-${++count}`
})

/** A run of another process, which waits for a line before it writes more. */
async function start(script: string, env: NodeJS.ProcessEnv = {}): Promise<CliRun> {
  const run = startCli(['run', '-i', '--id', id, testImage, 'sh', '-c', script], { env })
  runs.push(run)
  await run.untilStdout('before\n')
  return run
}

/** Gives a run lines to answer until `seen` resolves, then ends its input. An engine says that it has attached a moment before it has. */
async function pokeUntil(seen: Promise<void>, { process }: CliRun): Promise<void> {
  const timer = setInterval(() => process.stdin.write('go\n'), 10)
  await seen.finally(() => clearInterval(timer))
  process.stdin.end()
}

test('shows what a run writes from now on, its streams apart, and says so', async () => {
  const run = await start('echo before; while read line; do echo out; echo err >&2; done; exit 3')
  const logs = startCli(['logs', id])
  await pokeUntil(logs.untilStdout('out\n'), run)
  const { code, stdout, stderr } = await logs.end
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^(out\n)+$/)])
  const [note, ...rest] = stderr.split('\n')
  expect(note).toBe(`cookietin: the engine keeps no output of run ${id}: this is what it writes from now on`)
  expect(new Set(rest)).toEqual(new Set(['err', '']))
  expect((await run.end).code).toBe(3)
})

test('shows what the engine has kept, with its times, from the last lines on', async () => {
  const env = { COOKIETIN_ALLOW: 'log-files' }
  const run = await start('echo one; echo two >&2; echo before; read line; echo after', env)
  expect(await cli(['logs', id])).toMatchObject({ code: 0, stdout: 'one\nbefore\n', stderr: 'two\n' })
  const { stdout: last, stderr: lastError } = await cli(['logs', id, '--tail', '1'])
  expect(['before\n', 'two\n']).toContain(last + lastError)
  expect(await cli(['logs', id, '--stderr'])).toMatchObject({ stdout: '', stderr: 'two\n' })
  expect(await cli(['logs', id, '--since', '2099-01-01'])).toMatchObject({ code: 0, stdout: '' })
  expect((await cli(['logs', id, '-t', '--stdout'])).stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z one\n/)
  const following = startCli(['logs', id, '-f', '--tail', '2', '--stdout'])
  await following.untilStdout('before\n')
  const kept = startCli(['logs', id, '-f'])
  await kept.untilStdout('before\n')
  run.process.stdin.end('go\n')
  expect(await kept.end).toMatchObject({ code: 0, stdout: 'one\nbefore\nafter\n' })
  expect(await following.end).toMatchObject({ code: 0, stdout: expect.stringMatching(/before\nafter\n$/) as string })
})

test("a reader that has stopped does not hold the run's output up", async () => {
  const flood = 'head -c 50000000 /dev/zero'
  const run = await start(`echo before; while read line; do echo tick >&2; done; ${flood}; echo end >&2`)
  const logs = startCli(['logs', id], { stalled: true })
  await pokeUntil(logs.untilStderr('tick\n'), run)
  const { code, stderr } = await run.end
  expect([code, stderr]).toEqual([0, expect.stringMatching(/end\n$/)])
  await logs.untilStderr('end\n')
  logs.process.stdout.resume()
  const end = await logs.end
  expect(end.code).toBe(0)
  expect(end.stderr).toMatch(/MiB were left out: the reader is slower than the run/)
})

test('the marker of a launcher is not shown', async () => {
  const run = await start('echo before; while read line; do echo out; done; exit 4', {
    COOKIETIN_LAUNCHER_INIT: 'true',
  })
  const logs = startCli(['logs', '--timestamps', id])
  await pokeUntil(logs.untilStdout('out\n'), run)
  const { code, stdout } = await logs.end
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^(\d{4}-\d\d-\d\dT[\d:.]+Z out\n)+$/)])
  expect((await run.end).code).toBe(4)
})

test('Ctrl-C ends it quietly, and the run goes on', async () => {
  const run = await start('echo before; read line; echo after')
  const logs = startCli(['logs', id])
  await logs.untilStderr('from now on')
  logs.process.kill('SIGINT')
  const { code, stderr } = await logs.end
  expect([code, stderr.includes('cancelling')]).toEqual([130, false])
  run.process.stdin.end('go\n')
  expect(await run.end).toMatchObject({ code: 0, stdout: 'before\nafter\n' })
})

test('an unknown run, a bad count and no engine are refused', async () => {
  expect(await cli(['logs', 'no-such-run'])).toMatchObject({ code: 125, stdout: '' })
  expect(await cli(['logs', 'x', '--tail', 'five'])).toMatchObject({ code: 125 })
  expect(await cli(['logs', 'x'], { env: { DOCKER_HOST: 'unix:///no/such.sock' } })).toMatchObject({ code: 125 })
})
