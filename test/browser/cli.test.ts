import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cli, main, startCli } from '../support/cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ct-'))
})
afterAll(() => rm(folder, { recursive: true }))

const urlIn = (text: string) => /http:\/\/127\.0\.0\.1:\d+\/[\w-]+\//.exec(text)?.[0] ?? ''

it('--inspect prints the URL on standard error, and serves the page during the run', async () => {
  const run = startCli(['run', '--driver', 'process', '--inspect', '--quiet', 'none', 'sh', '-c', 'echo up; sleep 60'])
  let stderr = ''
  run.process.stderr.on('data', chunk => {
    stderr += chunk
  })
  await run.untilStdout('up')
  const page = await fetch(urlIn(stderr))
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('<title>cookietin inspector</title>')
  run.process.kill('SIGINT')
  expect((await run.end).code).toBe(130)
})

it.each(['run', 'batch'])('%s --inspect ends with the run without a terminal', async command => {
  const tasks = join(folder, 'one.jsonl')
  await writeFile(tasks, '{"image":"none","command":["true"]}')
  const args = command === 'run' ? ['none', 'true'] : [tasks]
  const { code, stderr } = await cli([command, '--driver', 'process', '--inspect=control', ...args])
  expect({ code, url: urlIn(stderr) === '' }).toEqual({ code: 0, url: false })
  await expect(fetch(urlIn(stderr))).rejects.toThrow()
})

it('--inspect=output and --inspect=control can be given together', async () => {
  const both = ['--inspect=output', '--inspect=control']
  const run = startCli(['run', '--driver', 'process', ...both, '--quiet', 'none', 'sh', '-c', 'echo up; sleep 60'])
  let stderr = ''
  run.process.stderr.on('data', chunk => {
    stderr += chunk
  })
  await run.untilStdout('up')
  const { body } = await fetch(`${urlIn(stderr)}events`)
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  let told = ''
  while (!told.includes('"snapshot"')) told += (await reader?.read())?.value ?? ''
  await reader?.cancel()
  const hello = JSON.parse(/data: (\{"type":"hello".*\})/.exec(told)?.[1] ?? '') as object
  expect(hello).toMatchObject({ control: true, output: true })
  const key = Number(/"key":(\d+)/.exec(told)?.[1])
  const details = (await (await fetch(`${urlIn(stderr)}actors/${key}`)).json()) as object
  expect(details).toMatchObject({ output: { stdout: { text: 'up\n', total: 3, isCut: false } } })
  run.process.kill('SIGINT')
  expect((await run.end).code).toBe(130)
})

it('on a terminal the page stays until Ctrl-C, and the exit code is still that of the run', async () => {
  const run = `exec '${process.execPath}' '${main}' run --driver process --inspect none sh -c 'exit 7'`
  const terminal = spawn('script', ['-qec', `stty cols 80 rows 24; ${run}`, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(terminal, 'close')
  let shown = ''
  await new Promise<void>(resolve =>
    terminal.stdout.on('data', chunk => {
      shown += chunk
      if (shown.includes('stays until Ctrl-C')) resolve()
    }),
  )
  expect((await fetch(urlIn(shown))).status).toBe(200)
  terminal.stdin.write('\u0003')
  expect(await ended).toEqual([7, null])
})

it('--record writes what cookietin inspect replays', async () => {
  const tasks = join(folder, 'tasks.jsonl')
  const recording = join(folder, 'runs.ndjson')
  const env = { SECRET: 'hunter2' }
  await writeFile(
    tasks,
    ['true', 'false']
      .map(word => JSON.stringify({ id: `it-is-${word}`, image: 'none', command: [word], env }))
      .join('\n'),
  )
  expect(await cli(['batch', '--driver', 'process', '--record', recording, tasks])).toMatchObject({ code: 1 })
  const text = await readFile(recording, 'utf8')
  expect(text).toContain('it-is-false')
  expect(text).not.toContain('hunter2')
  const replay = startCli(['inspect', recording])
  await replay.untilStdout('/\n')
  replay.process.kill('SIGTERM')
  const { code, stdout } = await replay.end
  expect({ code, url: urlIn(stdout) === '' }).toEqual({ code: 0, url: false })
})

it('inspect rejects a file that is not a recording', async () => {
  const file = join(folder, 'no.ndjson')
  await writeFile(file, 'flour')
  expect(await cli(['inspect', file])).toMatchObject({
    code: 125,
    stdout: '',
    stderr: expect.stringContaining('it is not a recording of cookietin (ERR_COOKIETIN_INSPECTOR_FAILED)'),
  })
})

it('reports a recording that cannot be written', async () => {
  const { code, stderr } = await cli([
    'run',
    '--driver',
    'process',
    '--record',
    join(folder, 'no', 'such'),
    'none',
    'true',
  ])
  expect({ code, stderr }).toEqual({ code: 125, stderr: expect.stringContaining('Cannot record to') })
})
