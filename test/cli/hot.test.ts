import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { cli, startCli } from '../support/cli.ts'
import { makeExampleImages } from '../support/images/example-images.ts'
import { ensureFunctionImage, functionImage } from '../support/images/function-image.ts'

beforeAll(async () => {
  await ensureFunctionImage()
  await makeExampleImages()
})

const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
afterAll(() => rmSync(dir, { recursive: true }))

const echo = ['--network', 'none', functionImage, '--', 'node', '/function/echo.cjs']
const misbehave = (way: string) => [
  '--network',
  'none',
  '-e',
  `WAY=${way}`,
  functionImage,
  '--',
  'node',
  '/function/misbehave.cjs',
]

describe('invoke', () => {
  test('prints the response, and the log on standard error', async () => {
    const { code, stdout, stderr } = await cli(['invoke', '--data', 'hello', '-H', 'X-Asked: me', ...echo])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ body: 'hello', headers: { 'x-asked': 'me' } })
    expect(stderr).toMatch(/^(out|err) [0-9a-z]{16}$/m)
  })

  test('sends a file or standard input as the body, and prints status and headers with -i', async () => {
    writeFileSync(join(dir, 'body'), 'of a file')
    const file = await cli(['invoke', '-q', '--data', `@${join(dir, 'body')}`, ...echo])
    expect(JSON.parse(file.stdout)).toMatchObject({ body: 'of a file' })
    const input = await cli(['invoke', '-q', '-i', '--data', '-', ...echo], { input: '{"status":404}' })
    expect([input.code, input.stdout.split('\n')[0]]).toEqual([1, 'HTTP 404'])
    expect(input.stdout).toContain('\nx-calls: 1\n')
  })

  test('keeps its calls in a history, which lists them', async () => {
    const history = ['--history', join(dir, 'calls.db')]
    await cli(['invoke', '-q', '-n', '3', ...history, ...echo])
    await cli(['invoke', '-q', ...history, ...misbehave('answers 500')])
    const { stdout } = await cli(['history', '--calls', ...history])
    expect(stdout).toMatch(/^CALLED +ID +FUNCTION +ENDED +WAITED +TOOK +START +IMAGE\n/)
    const calls = stdout.trimEnd().split('\n').slice(1)
    expect(calls).toHaveLength(4)
    expect(calls[0]).toContain('ERR_COOKIETIN_RESPONSE_INVALID')
    expect(calls.slice(1).map(line => / (warm|cold) /.exec(line)?.[1])).toEqual(['warm', 'warm', 'cold'])
    const failed = await cli(['history', '--calls', '--failed', '--json', ...history])
    const call = JSON.parse(failed.stdout) as { id: string }
    expect(call).toMatchObject({ error: 'ERR_COOKIETIN_RESPONSE_INVALID', isCold: true, image: functionImage })
    expect((await cli(['history', '--calls', call.id, '--json', ...history])).stdout).toBe(failed.stdout)
    expect(await cli(['history', '--calls', 'nothing', ...history])).toMatchObject({ code: 0, stderr: 'no calls\n' })
    expect((await cli(['history', '--prune', '--max-calls', '1', ...history])).stdout).toBe(
      '3 runs and calls removed\n',
    )
  })

  test('calls many times, and prints the latencies', async () => {
    const { code, stdout } = await cli(['invoke', '-q', '-n', '40', '-c', '2', ...echo])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^40 calls in [\d.]+ s, \d+ a second, [12] containers? at the end; 0 failed\n {2}fastest +[\d.]+ ms\n {2}p50 /,
    )
    expect(stdout).toMatch(/p99 .*\n {2}slowest .*\n$/)
  })

  test('reports errors, also by its exit code', async () => {
    expect(await cli(['invoke', '-q', ...misbehave('answers 500')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(ERR_COOKIETIN_RESPONSE_INVALID)') as string,
    })
    expect((await cli(['invoke', '-q', '--timeout', '500ms', ...misbehave('answers nothing')])).code).toBe(124)
    expect((await cli(['invoke', '--pull', 'never', 'no-such-image'])).code).toBe(125)
    expect(await cli(['invoke', '-H', 'nonsense', ...echo])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('--header: write NAME: VALUE') as string,
    })
    expect(await cli(['invoke', '-H', 'X: €', ...echo])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('--header: the value of X has U+20AC') as string,
    })
    const many = await cli(['invoke', '-q', '-n', '3', ...misbehave('closes without an answer')])
    expect([many.code, many.stdout]).toEqual([1, expect.stringContaining('3 × ERR_COOKIETIN_RESPONSE_FAILED')])
  })

  test('prints the output of a function that never listens', async () => {
    const { code, stderr } = await cli(['invoke', ...misbehave('exits while it should listen')])
    expect([code, stderr.match(/no flour/g)]).toEqual([1, ['no flour']])
    expect(stderr).toMatch(/^Error: no flour\ncookietin: The function's container has ended by itself/)
  })

  test('ends a call on Ctrl-C, and leaves no container', async () => {
    const run = startCli(['invoke', '--data', '{"wait":60000}', ...echo])
    await run.untilStderr('out ')
    run.process.kill('SIGINT')
    expect((await run.end).code).toBe(130)
  })
})

describe('serve', () => {
  const file = join(dir, 'functions.json')

  async function serving(content: object, ...options: string[]) {
    writeFileSync(file, JSON.stringify(content))
    const run = startCli(['serve', '--port', '0', ...options, file])
    onTestFinished(async () => {
      run.process.kill('SIGTERM')
      await run.end
    })
    await run.untilStderr('/invoke/NAME')
    const [, port] = /:(\d+)\/invoke/.exec(run.stderrSoFar()) ?? []
    return { run, url: `http://127.0.0.1:${port}` }
  }

  test("calls functions by name: Fn's kit, plain Node.js and a static binary", async () => {
    const functions = {
      fdk: { image: 'example/fdk', disableNet: true },
      node: { image: 'example/node', disableNet: true },
      static: { image: 'example/static', disableNet: true, profile: 'hardened' },
    }
    const { url } = await serving({ memory: '1g', functions })
    const call = (name: string) => fetch(`${url}/invoke/${name}`, { method: 'POST', body: '{"name":"Ada"}' })
    const fdk = await call('fdk')
    expect([fdk.status, await fdk.json()]).toEqual([201, expect.objectContaining({ message: 'Hello Ada' })])
    const node = await call('node')
    expect([node.headers.get('x-calls'), await node.text()]).toEqual(['1', 'Hello Ada'])
    expect(await (await call('static')).text()).toBe('{"NAME":"ADA"}')
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({
      status: 'ok',
      functions: { fdk: 1, node: 1, static: 1 },
    })
  })

  test('answers a scraper of Prometheus', async () => {
    const { url } = await serving({ functions: { greet: { image: 'example/node', disableNet: true } } }, '--metrics')
    for (let call = 0; call < 2; call++) {
      await (await fetch(`${url}/invoke/greet`, { method: 'POST', body: '{"name":"Ada"}' })).text()
    }
    const scraped = await fetch(`${url}/metrics`)
    expect(scraped.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    const lines = (await scraped.text()).split('\n')
    const named = 'faas_invoked_name="greet"'
    expect(lines).toContain(`faas_invoke_duration_seconds_count{${named},http_response_status_code="200"} 2`)
    expect(lines).toContain(`faas_coldstarts_total{${named}} 1`)
    expect(lines).toContain(
      'cookietin_engine_call_duration_seconds_count{http_request_method="POST",url_template="/containers/create"} 1',
    )
    expect(lines.some(line => line.startsWith(`cookietin_function_slots{${named},`))).toBe(true)
  })

  test('answers failed calls with an error', async () => {
    const functions = {
      bad: { image: functionImage, command: ['node', '/function/misbehave.cjs'], env: { WAY: 'answers 500' } },
      mute: {
        image: functionImage,
        command: ['node', '/function/misbehave.cjs'],
        env: { WAY: 'exits while it should listen' },
      },
      slow: {
        image: functionImage,
        command: ['node', '/function/misbehave.cjs'],
        env: { WAY: 'answers nothing' },
        timeout: 700,
      },
    }
    const { run, url } = await serving({ functions })
    const status = async (path: string, method = 'POST') => (await fetch(url + path, { method })).status
    expect(await status('/invoke/bad')).toBe(502)
    expect(await status('/invoke/slow')).toBe(504)
    const mute = await fetch(`${url}/invoke/mute`, { method: 'POST' })
    expect([mute.status, await mute.text()]).toEqual([502, expect.not.stringContaining('no flour')])
    await run.untilStderr('mute | Error: no flour\n')
    expect(await status('/invoke/none')).toBe(404)
    expect(await status('/invoke/bad/below?x', 'GET')).toBe(502)
    const origin = { Origin: 'http://evil.example' }
    expect((await fetch(`${url}/invoke/bad`, { method: 'POST', headers: origin })).status).toBe(403)
    expect(await status('/elsewhere', 'GET')).toBe(404)
  })

  test('on SIGTERM answers the calls that it has, and exits', async () => {
    const { run, url } = await serving({
      functions: { echo: { image: functionImage, command: ['node', '/function/echo.cjs'] } },
    })
    const call = fetch(`${url}/invoke/echo`, { method: 'POST', body: '{"wait":700}' })
    // The call has reached the function once there is a container.
    await expect
      .poll(
        async () => ((await (await fetch(`${url}/healthz`)).json()) as { functions: { echo: number } }).functions.echo,
      )
      .toBe(1)
    run.process.kill('SIGTERM')
    expect((await call).status).toBe(200)
    expect((await run.end).code).toBe(0)
  })

  test('on SIGTERM asks its functions to end, after the call that they have', async () => {
    const program =
      "process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0) }); require('/function/echo.cjs')"
    const { run, url } = await serving({
      functions: {
        echo: { image: functionImage, command: ['node', '-e', program], stopGrace: 10_000, freezeAfter: 60_000 },
      },
    })
    const call = fetch(`${url}/invoke/echo`, { method: 'POST', body: '{"wait":700}' })
    await run.untilStderr('echo | out ')
    run.process.kill('SIGTERM')
    expect((await call).status).toBe(200)
    const { code, stderr } = await run.end
    expect([code, stderr]).toEqual([0, expect.stringContaining('echo | asked to end\n')])
  })

  test.each([
    ['{', 'is not JSON'],
    ['{}', '"functions"'],
    ['{"functions":{}}', 'has no functions'],
    ['{"functions":{"a":{"image":"x"}},"memori":1}', '"memori"'],
    ['{"functions":{"a b":{"image":"x"}}}', 'cannot stand in a URL'],
    ['{"functions":{"a":{"image":"x","idleTimeout":-1}}}', 'idleTimeout'],
  ])('rejects the file %s', async (content, message) => {
    writeFileSync(file, content)
    expect(await cli(['serve', file])).toMatchObject({ code: 125, stderr: expect.stringContaining(message) as string })
  })
})
