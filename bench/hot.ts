// Calls to a hot function, compared with plain node:http on the same socket, an unpause and such a call, and a cold
// `docker run --rm`.
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { createDockerDriver, createExecutor } from '../src/index.ts'
import { ensureFunctionImage, functionImage } from '../test/support/images/function-image.ts'

const exec = promisify(execFile)
const image = await ensureFunctionImage()
const body = '{"echo":1}'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver, concurrency: 4 })
const spec = { image, command: ['node', '/function/echo.cjs'], disableNet: true }
await using warm = executor.function({ ...spec, freezeAfter: Number.POSITIVE_INFINITY })
await using cool = executor.function({ ...spec, freezeAfter: 0 })
await (await warm.invoke({ body })).text()
const [root = ''] = readdirSync(tmpdir()).filter(name => name.startsWith('cookietin-sockets-'))
/** The sockets of the first and the second function, each with its own keep-alive connection. */
const peers = [0, 1].map(index => ({
  socketPath: join(tmpdir(), root, String(index), 'lsnr.sock'),
  agent: new Agent({ keepAlive: true, maxSockets: 1 }),
}))

function byHand(peer: (typeof peers)[number] | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Length': Buffer.byteLength(body) }
    const call = request({ ...peer, method: 'POST', path: '/call', headers }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}

const docker = new Docker()
const containerOf = async (id: string) => {
  const found = await docker.listContainers({ all: true, filters: { label: [`cookietin.id=${id}`] } })
  return docker.getContainer(found[0]?.Id ?? '')
}

/** The container of `cool`, from the transitions. */
let coolId = ''
let onFrozen = () => {}
executor.transitions$.subscribe(({ id, to }) => {
  if (to === 'frozen') {
    coolId = id
    onFrozen()
  }
})
const untilFrozen = (act: () => Promise<unknown>) =>
  new Promise<void>((resolve, reject) => {
    onFrozen = resolve
    act().catch(reject)
  })

/** Repeats a call until it succeeds: the engine's flag lags behind, so that it may refuse a change that was just undone. */
async function retry(act: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const done = await act().then(
      () => true,
      () => false,
    )
    if (done) return
  }
}

async function time(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await act()
  return performance.now() - start
}

const quantile = (values: number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
function print(title: string, rows: readonly (readonly [name: string, times: number[]])[]): void {
  const peer = rows.at(-1)?.[1] ?? []
  console.log(`\n${title}`)
  for (const [name, times] of rows) {
    const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
    const ratio = (p50 / quantile(peer, 0.5)).toFixed(2)
    console.log(
      `  ${name.padEnd(44)} p50 ${p50.toFixed(3).padStart(8)} ms   p99 ${p99.toFixed(3).padStart(8)} ms   × ${ratio}`,
    )
  }
}

const [ours, theirs]: [number[], number[]] = [[], []]
for (let round = -500; round < 3_000; round += 1) {
  const pair = [await time(async () => (await warm.invoke({ body })).text()), await time(() => byHand(peers[0]))]
  if (round >= 0) {
    ours.push(pair[0] ?? 0)
    theirs.push(pair[1] ?? 0)
  }
}
print('A warm call', [
  ['cookietin', ours],
  ['node:http with keep-alive on the same socket', theirs],
])

await untilFrozen(async () => (await cool.invoke({ body })).text())
const container = await containerOf(coolId)
const [frozen, unpaused]: [number[], number[]] = [[], []]
for (let round = -3; round < 40; round += 1) {
  let took = 0
  await untilFrozen(async () => {
    took = await time(async () => (await cool.invoke({ body })).text())
  })
  // By hand on the same container: unpause it, call it, and pause it again.
  const hand = await time(async () => {
    await retry(() => container.unpause())
    await byHand(peers[1])
  })
  await retry(() => container.pause())
  if (round >= 0) {
    frozen.push(took)
    unpaused.push(hand)
  }
}
print('A call to a frozen container', [
  ['cookietin', frozen],
  ['unpause, then node:http, by hand', unpaused],
])

const cold: number[] = []
for (let round = 0; round < 5; round += 1) {
  const run = ['run', '--rm', '--network', 'none', functionImage, 'node', '-e', '0']
  cold.push(await time(() => exec('docker', run)))
}
print('Compared with a cold container', [
  ['cookietin, frozen', frozen],
  ['docker run --rm, the same image', cold],
])
for (const { agent } of peers) agent.destroy()
