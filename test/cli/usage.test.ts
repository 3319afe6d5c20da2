import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cli } from '../support/cli.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

test('--version prints the version', async () => {
  expect(await cli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test.each([[[]], [['run']], [['batch']], [['doctor']], [['gc']], [['explain']]])(
  '%s --help shows examples',
  async command => {
    const { code, stdout, stderr } = await cli([...command, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: cookietin/)
    expect(stdout).toContain('Examples:\n  $ ')
  },
)

test('without a command prints help as an error', async () => {
  const { code, stderr } = await cli([])
  expect(code).toBe(125)
  expect(stderr).toContain('Usage: cookietin')
})

test.each([
  [['rum', 'busybox'], '(Did you mean run?)'],
  [['run', '--memry', '64m', 'busybox'], '(Did you mean --memory?)'],
  [['run'], "missing required argument 'image'"],
  [['run', '--timeout', 'soon', 'busybox'], '--timeout: "soon" is not a duration; write 500ms, 5s, 2m or 1h30m'],
  [['run', '--timeout', '5', 'busybox'], '--timeout: "5" has no unit; write 5s for seconds, or 5ms for milliseconds'],
  [['history', '--history', 'x', '--label', 'team'], '--label: "team" is not NAME=VALUE'],
  [['stop', '--label', 'team'], '--label: "team" is not NAME=VALUE'],
  [['stop', '--label', '='], '--label: "=" is not NAME=VALUE'],
  [['stop', '--label', '=x'], '--label: "=x" is not NAME=VALUE'],
  [['history', '--history', 'x', '--status', 'lost'], '--status: "lost" is not one of success, error'],
  [['invoke', 'x', '--timeout', '5'], '--timeout: "5" has no unit'],
  [['invoke', 'x', '--launch-timeout', '5'], '--launch-timeout: "5" has no unit'],
  [['history', '--history', 'x', '--prune', '--max-age', '30'], '--max-age: "30" has no unit'],
  [['invoke', 'x', 'node', 'f.cjs'], '"node" follows IMAGE: write the command after --, as in IMAGE -- COMMAND'],
  [['run', '--encoding', 'base64', 'busybox'], '--encoding: it needs --json'],
  [['run', '--json', '--encoding', 'hex', 'busybox'], '--encoding: "hex" is not one of utf8, base64'],
  [['run', '--cpus', 'two', 'busybox'], '--cpus: "two" is not a number of CPUs'],
  [['run', '--pids-limit', '-1', 'busybox'], '--pids-limit: "-1" is not a whole number'],
  [['run', '--network', 'web', 'busybox'], "a network that the config's networks lists"],
  [['run', '--network', 'host', 'busybox'], "a network that the config's networks lists"],
  [['run', '-v', '/only', 'busybox'], '--volume: "/only" is not HOST:CONTAINER'],
  [['run', '--ulimit', 'nofile=x', 'busybox'], '--ulimit: "nofile=x" is not NAME=SOFT[:HARD]'],
  [['run', '--pull', 'often', 'busybox'], '--pull: "often" is not one of missing, always, never'],
  [['run', '-e', '=x', 'busybox'], '--env: there is no name before "="'],
  [['run', '--driver', 'podman', 'busybox'], '--driver: "podman" is not one of docker, process'],
  [['run', '-it', 'busybox'], '--tty: a run has no terminal'],
  [['run', '-d', 'busybox'], '--detach: a run ends with this command'],
  [['run', '-p', '80:80', 'busybox'], '--publish: no ports are published'],
  [['run', '--read-only', 'busybox'], '--read-only: --hardened includes it'],
  [['run', '-a', 'stdout', 'busybox'], '--attach: output is always printed'],
  [['run', '--mount', 'type=bind,src=/a,dst=/b', 'busybox'], '--mount: folders, files and volumes are mounted with -v'],
  [['run', '--restart', 'always', 'busybox'], '--restart: a run ends once'],
  [['run', '--privileged', 'busybox'], '--privileged: containers get no privileges here'],
  [['batch', '--concurrency', '0'], '--concurrency: "0" would run nothing'],
  [['batch', '--driver', 'process', '/no/such/file'], 'batch: cannot read /no/such/file'],
])('%j is rejected with 125 and a hint', async (args, message) => {
  const { code, stdout, stderr } = await cli(args)
  const isJson = args.includes('--json')
  expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 125, lines: isJson ? 2 : 1 })
  expect(stderr).toContain(message)
})

test.each([
  ['run', '-e', '=CANARY', 'busybox'],
  ['history', '--history', 'postgress://me:CANARY@host/db'],
  ['run', '--history', 'postgress://me:CANARY@host/db', 'busybox'],
  ['invoke', 'x', '--header', 'Authorization CANARY'],
  ['invoke', 'x', '--header', 'CANARY'],
])('%s %s %s shows no value', async (...args) => {
  const { code, stderr } = await cli(args)
  expect(code).toBe(125)
  expect(stderr).not.toContain('CANARY')
})

test('a word that others wrote is harmless on a terminal', async () => {
  const { stderr } = await cli([
    'run',
    '--driver',
    'process',
    '-q',
    '--id',
    'a\u001b]0;x\u0007\u009b\u202e',
    'none',
    'true',
  ])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is for control characters
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  const unknown = await cli(['ru\u001b[2Jm'])
  expect(unknown.stderr).not.toContain('\u001b')
})

test('a missing --env-file is reported by Node itself, which has an option of this name', async () => {
  const { code, stdout, stderr } = await cli(['run', '--env-file', '/no/such/file', 'busybox'])
  expect({ code, stdout }).toEqual({ code: 9, stdout: '' })
  expect(stderr).toContain('/no/such/file: not found')
})

test('an invalid task is rejected with every bad field', async () => {
  const { code, stderr } = await cli(['run', '--driver', 'process', '-q', '-m', 'much', '--id', '../x', 'none', 'true'])
  expect(code).toBe(125)
  expect(stderr).toContain("memory: 'much' is not allowed")
  expect(stderr).toContain("id: '../x' is not allowed")
  expect(stderr).toContain('ERR_COOKIETIN_INVALID_TASK')
})

test('without an engine reports the addresses that it tried, and what to do', async () => {
  const { code, stderr } = await cli(['run', 'busybox', 'true'], { env: { DOCKER_HOST: 'unix:///no/such/socket' } })
  expect(code).toBe(125)
  expect(stderr).toContain('/no/such/socket')
  expect(stderr).toContain('ERR_COOKIETIN_ENGINE_UNREACHABLE')
})
