import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '../../support/cli.ts'
import { documentedBlocks, helpExamples, jsonBlocks, type ShellBlock } from '../../support/docs/shell-blocks.ts'
import { makeDocumentedImages } from '../../support/images/documented-images.ts'
import { type PrivateRedis, startRedis } from '../../support/redis/redis.ts'

/** Documented commands that no test can run, and why. */
const notRun: readonly (readonly [command: RegExp, why: string])[] = [
  [/^npm (install|ci)\b/, 'asks a registry'],
  [/^npm (test|run check)$/, 'runs the tests'],
  [/^docker build /, 'its base image comes from a registry'],
  [/^DOCKER_HOST=ssh:/, 'needs another host'],
  [/rediss:/, 'needs a certificate: test/cluster/access.test.ts does the same'],
]

/** Commands that run until they are interrupted, and what they print when they are ready. */
const endless: readonly (readonly [command: RegExp, ready: RegExp])[] = [
  [/cookietin serve /, /\/invoke\/NAME/],
  [/cookietin inspect /, /http:\/\/127\.0\.0\.1:\d+/],
  [/ sleep 60$/, /inspector at http/],
  [/cookietin logs /, /from now on/],
  [/cookietin worker /, /takes runs; .* 0 of 8 slots busy/],
]

/** Commands that need a run of another process, under the id `job`. */
const needsJob = /cookietin (logs|stop|stats) /
const job = `cookietin run --id job --label ci=42 busybox sh -c 'echo up; exec sleep 600'`

const home = mkdtempSync('/tmp/ct-')
let removeImages = async () => {}
let port = 0
let redis: PrivateRedis

beforeAll(async () => {
  removeImages = await makeDocumentedImages()
  port = await freePort()
  redis = await startRedis()
  mkdirSync(`${home}/bin`)
  const scripts = {
    cookietin: `exec '${process.execPath}' '${main}' "$@"`,
    npx: 'shift; exec cookietin "$@"',
    'generate-tasks': `cat '${home}/tasks.jsonl'`,
  }
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(`${home}/bin/${name}`, `#!/bin/sh\n${script}\n`)
    chmodSync(`${home}/bin/${name}`, 0o755)
  }
  const [tasks = '', functions = ''] = jsonBlocks('docs/cli.md')
  writeFileSync(`${home}/tasks.jsonl`, tasks)
  writeFileSync(`${home}/functions.json`, functions)
  writeFileSync(`${home}/body.json`, '{}')
  writeFileSync(`${home}/work.py`, 'print("hi")')
  chmodSync(home, 0o755)
  const { code } = await run('cookietin run --id my-run busybox true', {})
  expect(code).toBe(0)
}, 300_000)

afterAll(async () => {
  await removeImages()
  await redis[Symbol.asyncDispose]()
  rmSync(home, { recursive: true })
})

test.each([...documentedBlocks(), ...(await helpExamples())].map(block => [block.where, block] as const))(
  '%s: its commands do what they should',
  async (_, block) => await runBlock(block),
  180_000,
)

async function runBlock({ commands }: ShellBlock): Promise<void> {
  let env: NodeJS.ProcessEnv = {}
  const servers: (() => Promise<void>)[] = []
  try {
    for (const documented of commands) {
      if (notRun.some(([pattern]) => pattern.test(documented))) continue
      const command = documented.replaceAll('8080', String(port)).replaceAll('redis://queue.internal', redis.path)
      const endJob = needsJob.test(command) ? await start(job, env, /up/) : undefined
      const [, ready] = endless.find(([pattern]) => pattern.test(command)) ?? []
      if (/^export /.test(command)) env = { ...env, ...(await exported(command)) }
      else if (ready !== undefined) servers.push(await start(command, env, ready))
      else expect(await run(command, env), documented).toMatchObject({ code: 0 })
      await endJob?.()
    }
  } finally {
    for (const stop of servers) await stop()
  }
}

function shell(command: string, more: NodeJS.ProcessEnv) {
  const env = {
    ...process.env,
    HOME: home,
    PATH: `${home}/bin:${process.env.PATH}`,
    COOKIETIN_HISTORY: `${home}/history.db`,
    NO_COLOR: '1',
    ...more,
  }
  // A process group of its own: it is interrupted with all that it started.
  const child = spawn('sh', ['-c', command], { cwd: home, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => chunks.push(chunk))
  return { child, ended, output: () => chunks.join('') }
}

async function run(command: string, env: NodeJS.ProcessEnv): Promise<{ code: number; output: string }> {
  const { ended, output } = shell(command, env)
  const [code] = (await ended) as [number]
  return { code, output: output() }
}

/** The variables that an `export` sets. */
async function exported(command: string): Promise<NodeJS.ProcessEnv> {
  const [, name = ''] = /^export (\w+)=/.exec(command) ?? []
  const { output } = await run(`${command}; printf %s "$${name}"`, {})
  return { [name]: output }
}

/** Starts a command, and resolves when it is ready. Returns a function that interrupts it. */
async function start(command: string, env: NodeJS.ProcessEnv, ready: RegExp): Promise<() => Promise<void>> {
  const { child, ended, output } = shell(command, env)
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  await expect.poll(() => isOver || ready.test(output())).toBe(true)
  expect(output()).toMatch(ready)
  return async () => {
    if (child.pid !== undefined && !isOver) interrupt(child.pid)
    await ended
  }
}

/** Interrupts a process with all that it started. It may have ended just now. */
function interrupt(pid: number): void {
  try {
    process.kill(-pid, 'SIGINT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
