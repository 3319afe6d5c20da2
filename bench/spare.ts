// A task in a spare container: the first byte of its output and its result, beside `docker run --rm`; and a cold run whose init process
// is the launcher, beside one with the engine's own and the same calls by hand.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { filter, firstValueFrom } from 'rxjs'
import { createDockerDriver, createExecutor, type SpareOptions } from '../src/index.ts'
import { runByHand } from './support/by-hand.ts'
import { compare, roundsOr } from './support/compare.ts'
import type { Table } from './support/table.ts'

export const needs = ['engine']

const exec = promisify(execFile)
const image = process.env.BENCH_IMAGE ?? 'busybox'
const rounds = roundsOr(15)
/** Runs in spare containers before any is measured. */
const warmUp = 15
const script = 'echo out; cat > /dev/null; exit 3'

export default async function spare(): Promise<readonly Table[]> {
  const hardened = { image, profile: 'hardened', memory: '64m', disableNet: true } as const
  return [
    ...(await beside('no network, hardened', 'none', hardened)),
    ...(await beside("the engine's bridge", 'bridge', { image, memory: '64m' })),
    await asInit('no network', true),
    await asInit("the engine's bridge", false),
  ]
}

/** The task of `docker run`, with one byte of input. */
function dockerRun(network: string) {
  const args = ['run', '--rm', '-i', '--network', network, '--memory', '64m', image, 'sh', '-c', script]
  const child = spawn('docker', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.end('x')
  return child
}

async function beside(title: string, network: string, fields: Omit<SpareOptions, 'size'>): Promise<readonly Table[]> {
  await using driver = await createDockerDriver({ spares: [{ ...fields, size: 1 }] })
  await using executor = createExecutor({ driver })
  await using cold = await createDockerDriver()
  await using plain = createExecutor({ driver: cold })
  const ready = () => firstValueFrom(driver.spares$.pipe(filter(usage => usage.ready === 1)))
  const settled = async () => {
    await executor.onIdle()
    await ready()
    // The engine has time to end what it does in the background.
    await exec('sleep', ['0.15'])
  }
  await ready()
  const task = { ...fields, command: ['sh', '-c', script], input: 'x' }
  // Node.js has compiled the code of a process that runs for a while.
  for (let run = 0; run < warmUp; run += 1) {
    await executor.run(task)
    await settled()
  }
  const firstByte = async (from: typeof executor) => {
    const run = from.run(task)
    await once(run.stdout, 'data')
  }
  const first = await compare(
    `the first byte of a task, ${title}`,
    [
      { name: 'cookietin with spare containers', run: () => firstByte(executor), after: settled },
      { name: 'cookietin, cold', run: () => firstByte(plain), after: () => plain.onIdle() },
      {
        name: 'docker run --rm',
        run: () => once(dockerRun(network).stdout, 'data'),
        after: () => exec('sleep', ['0.3']),
      },
    ],
    { rounds },
  )
  const result = await compare(
    `the result of a task, ${title}`,
    [
      { name: 'cookietin with spare containers', run: () => executor.run(task), after: settled },
      { name: 'cookietin, cold', run: () => plain.run(task), after: () => plain.onIdle() },
      {
        name: 'docker run --rm',
        run: async () => {
          const child = dockerRun(network)
          child.stdout.resume()
          await once(child, 'close')
        },
      },
    ],
    { rounds },
  )
  return [first, result]
}

async function asInit(title: string, disableNet: boolean): Promise<Table> {
  await using launcher = await createDockerDriver({ launcherInit: true })
  await using soon = createExecutor({ driver: launcher })
  await using usual = await createDockerDriver()
  await using plain = createExecutor({ driver: usual })
  const ended: Awaited<ReturnType<typeof runByHand>>[] = []
  const task = { image, command: ['true'], disableNet }
  return await compare(
    `a cold run of ${image} true, ${title}, until the result`,
    [
      { name: 'cookietin with launcherInit', run: () => soon.run(task), after: () => soon.onIdle() },
      { name: 'cookietin', run: () => plain.run(task), after: () => plain.onIdle() },
      {
        name: 'dockerode by hand',
        run: async () =>
          ended.push(await runByHand({ image, command: ['true'], network: disableNet ? 'none' : 'bridge' })),
        after: () => ended.pop()?.remove({ v: true, force: true }),
      },
    ],
    { rounds },
  )
}
