// A task in a spare container: the first byte of its output and its result, beside `docker run --rm`; and a cold run whose init process
// is the launcher, beside one with the engine's own and the same calls by hand.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { filter, firstValueFrom } from 'rxjs'
import { createDockerDriver, createExecutor } from '../src/index.ts'
import { compare } from './compare.ts'

const image = process.env.BENCH_IMAGE ?? 'busybox'
const rounds = Number(process.env.BENCH_ROUNDS ?? 15)
const exec = promisify(execFile)
const docker = new Docker()
const script = 'echo out; cat > /dev/null; exit 3'
const hardened = { image, profile: 'hardened', memory: '64m', disableNet: true } as const

for (const [title, network, fields] of [
  ['no network, hardened', 'none', hardened],
  ["the engine's bridge", 'bridge', { image, memory: '64m' }],
] as const) {
  await using driver = await createDockerDriver({ spares: [{ ...fields, size: 1 }] })
  await using executor = createExecutor({ driver })
  await using cold = await createDockerDriver()
  await using plain = createExecutor({ driver: cold })
  const ready = () => firstValueFrom(driver.spares$.pipe(filter(usage => usage.ready === 1)))
  const settled = async () => {
    await executor.onIdle()
    await ready()
    // The engine has time to end what it does in the background.
    await new Promise(resolve => setTimeout(resolve, 150))
  }
  await ready()
  const task = { ...fields, command: ['sh', '-c', script], input: 'x' }
  const dockerRun = () => {
    const args = ['run', '--rm', '-i', '--network', network, '--memory', '64m', image, 'sh', '-c', script]
    const child = spawn('docker', args, { stdio: ['pipe', 'pipe', 'ignore'] })
    child.stdin.end('x')
    return child
  }
  await compare(
    `the first byte of a task, ${title}`,
    [
      {
        name: 'cookietin with spare containers',
        run: async () => {
          const run = executor.run(task)
          await once(run.stdout, 'data')
        },
        after: settled,
      },
      {
        name: 'cookietin, cold',
        run: async () => {
          const run = plain.run(task)
          await once(run.stdout, 'data')
        },
        after: () => plain.onIdle(),
      },
      { name: 'docker run --rm', run: () => once(dockerRun().stdout, 'data'), after: () => exec('sleep', ['0.3']) },
    ],
    rounds,
  )
  await compare(
    `the result of a task, ${title}`,
    [
      { name: 'cookietin with spare containers', run: () => executor.run(task), after: settled },
      { name: 'cookietin, cold', run: () => plain.run(task), after: () => plain.onIdle() },
      {
        name: 'docker run --rm',
        run: async () => {
          const child = dockerRun()
          child.stdout.resume()
          await once(child, 'close')
        },
      },
    ],
    rounds,
  )
}

await using launcher = await createDockerDriver({ launcherInit: true })
await using soon = createExecutor({ driver: launcher })
await using usual = await createDockerDriver()
await using plain = createExecutor({ driver: usual })
const ended: Array<{ remove(options: object): Promise<unknown> }> = []
for (const [title, disableNet] of [
  ['no network', true],
  ["the engine's bridge", false],
] as const) {
  const task = { image, command: ['true'], disableNet }
  await compare(
    `a cold run of ${image} true, ${title}, until the result`,
    [
      { name: 'cookietin with launcherInit', run: () => soon.run(task), after: () => soon.onIdle() },
      { name: 'cookietin', run: () => plain.run(task), after: () => plain.onIdle() },
      {
        name: 'dockerode by hand',
        run: async () => {
          const container = await docker.createContainer({
            Image: image,
            Cmd: ['true'],
            HostConfig: {
              NetworkMode: disableNet ? 'none' : 'bridge',
              Init: true,
              LogConfig: { Type: 'none', Config: {} },
            },
          })
          const stream = await container.attach({ stream: true, stdout: true, stderr: true })
          stream.resume()
          await container.start()
          await container.wait()
          ended.push(container)
        },
        after: () => ended.pop()?.remove({ v: true, force: true }),
      },
    ],
    rounds,
  )
}
