import { execFile } from 'node:child_process'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, main } from '../support/cli.ts'
import { engineRequest } from '../support/engine/request.ts'
import { startRegistry, type TestRegistry } from '../support/servers/registry.ts'

let registry: TestRegistry
let image = ''
beforeAll(async () => {
  registry = await startRegistry()
  image = (await registry.push('cli', 5_000_000)).image
})
afterAll(() => registry[Symbol.asyncDispose]())

const env = { COOKIETIN_PULL_RETRY_DELAY: '300' }
// The image has no program: these tests end before it starts.
const run = (...options: string[]) => ['run', '--network', 'none', ...options, image]
const forget = () => engineRequest('DELETE', `/images/${image}`)
const failOnce = () => {
  let left = 2
  registry.plan = (_, path) => (path.includes('/manifests/') && left-- > 0 ? 'error500' : 'pass')
}

test('a pull is reported as lines without a terminal', async () => {
  failOnce()
  const { stderr, stdout } = await cli(run(), { env })
  expect(stderr).toMatch(
    /^cookietin: pulling image \S+:1 …\ncookietin: Could not pull .*500.*; trying again in \d+ ms\ncookietin: pulling image \S+:1, attempt 2 …\ncookietin: pulled image \S+:1 \(5 MB\)\n/,
  )
  expect(stdout).toBe('')
  expect((await cli(run(), { env })).stderr).not.toContain('pull')
  await forget()
})

test.each(['-q', '--json'])('nothing is reported with %s', async option => {
  const { stderr } = await cli(run(option), { env })
  expect(stderr).not.toContain('pull')
  await forget()
})

test('a batch reports each pull once', async () => {
  const task = JSON.stringify({ image, disableNet: true })
  const { stderr } = await cli(['batch'], { input: `${task}\n${task}\n`, env })
  expect(stderr.match(/pulling image/g)).toHaveLength(1)
  await forget()
})

test.each(['run', 'batch'])('%s draws bars on a terminal', async command => {
  failOnce()
  const line =
    command === 'run'
      ? `'${process.execPath}' '${main}' run --network none '${image}'`
      : `echo '{"image":"${image}","disableNet":true}' | '${process.execPath}' '${main}' batch`
  const args = ['-qec', `stty cols 100 rows 24; ${line} || true`, '/dev/null']
  const { stdout } = await promisify(execFile)('script', args, {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '1', ...env },
  })
  const shown = stripVTControlCharacters(stdout)
  expect(shown).toMatch(/trying again in \d+ ms/)
  expect(shown).toMatch(/:1 {2}(pulling|[█░]{24} {2}\S+ \S+ of 5 MB) {2}attempt 2/)
  await forget()
})
