import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliRun, cli, main, startCli } from '../../support/cli.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'

const id = `stats-${process.pid}`
let run: CliRun

beforeAll(async () => {
  await ensureTestImage()
  run = startCli(['run', '--id', id, '-m', '64m', testImage, 'sh', '-c', 'echo up; exec sleep 300'])
  await run.untilStdout('up')
})
afterAll(async () => {
  run.process.kill('SIGINT')
  await run.end
})

test('a table once, without a terminal', async () => {
  const { code, stdout } = await cli(['stats'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ID +CPU +MEMORY \/ LIMIT +MEM % +NET IN \/ OUT +DISK READ \/ WRITE +PIDS\n/)
  expect(stdout).toMatch(new RegExp(`^${id} +\\d+ % +[\\d.]+ [KM]iB / 64 MiB +[\\d.]+ % .* \\d+$`, 'm'))
})

test('a line of JSON for each sample, until Ctrl-C', async () => {
  const stats = startCli(['stats', id, '--json'])
  await stats.untilStdout('\n')
  stats.process.kill('SIGINT')
  const { code, stdout, stderr } = await stats.end
  expect([code, stderr]).toEqual([130, ''])
  const [line = ''] = stdout.split('\n')
  expect(JSON.parse(line)).toMatchObject({ id, timestamp: expect.any(String), metrics: { mem_limit: 67_108_864 } })
})

test('live on a terminal, until the runs that were named have ended', async () => {
  const short = startCli(['run', '--id', `${id}-short`, testImage, 'sh', '-c', 'echo up; exec sleep 300'])
  await short.untilStdout('up')
  const command = `stty cols 120 rows 24; '${process.execPath}' '${main}' stats ${id}-short`
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let shown = ''
  terminal.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    if (/short +\d+ %/.test(stripVTControlCharacters(shown))) short.process.kill('SIGINT')
  })
  const [code] = (await once(terminal, 'close')) as [number]
  expect(code).toBe(0)
  // The cursor is hidden while it draws, and comes back.
  expect([shown.includes('\u001b[?25l'), shown.includes('\u001b[?25h')]).toEqual([true, true])
  await short.end
})

test('an unknown id and no engine are refused', async () => {
  expect(await cli(['stats', 'no-such-run'])).toMatchObject({ code: 125, stdout: '' })
  expect(await cli(['stats'], { env: { DOCKER_HOST: 'unix:///no/such.sock' } })).toMatchObject({ code: 125 })
})
