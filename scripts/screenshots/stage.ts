import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createActor } from 'xstate'
import { createExecutor } from '../../src/index.ts'
import { combineInspectors, openRecording, startInspector, startRecording } from '../../src/inspector/index.ts'
import { driveBots } from '../inspect/bots.ts'
import { demoDriver, demoTask, dice, keepBusy, noteFreezes } from '../inspect/load.ts'
import { type Forward, forward } from './forward.ts'
import { mixerMachine, orderMachine } from './machines.ts'

/** What the pictures show: an inspector of a busy process, one of an idle process, a recording, and a port that can be cut. */
export interface Stage extends AsyncDisposable {
  readonly url: string
  readonly empty: string
  readonly recording: string
  readonly forwarded: Forward
}

/** Sets the stage. `warmUp`: for how long the process is busy before anyone looks, in ms. */
export async function setStage(warmUp: number): Promise<Stage> {
  await using cleanUp = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'cookietin-screenshots-'))
  cleanUp.defer(() => rm(folder, { recursive: true }))
  const path = join(folder, 'runs.ndjson')
  const forwarded = await forward()
  cleanUp.defer(() => forwarded.cut())
  const allowedHosts = [`127.0.0.1:${forwarded.port}`]
  const inspector = cleanUp.use(await startInspector({ control: true, output: true, allowedHosts }))
  forwarded.to(Number(new URL(inspector.url).port))
  const recording = await startRecording(path)
  const inspect = combineInspectors(inspector.inspect, recording.inspect)
  const chance = dice(7)
  const driver = cleanUp.use(demoDriver(chance))
  const executor = cleanUp.use(createExecutor({ driver, concurrency: 8, inspect }))
  const abort = new AbortController()
  const load = [keepBusy(executor, chance, abort.signal), driveBots(inspect, chance, abort.signal)]

  const order = createActor(orderMachine, { id: 'order-4711', inspect }).start()
  for (const type of ['checkout', 'add', 'add', 'checkout', 'pay', 'next', 'card', 'declined', 'card'])
    order.send({ type })
  const mixer = createActor(mixerMachine, { id: 'mixer', inspect }).start()
  for (const type of ['fill', 'lock', 'start', 'faster', 'lamp', 'boil', 'slower', 'faster']) mixer.send({ type })
  const loaf = executor.run({ ...demoTask(0, () => 0.6), id: 'the-loaf', timeout: Infinity }, { priority: 1 })
  noteFreezes(loaf)
  const retried = executor.run(
    {
      ...demoTask(3, () => 0.2),
      id: 'the-crust',
      image: 'busybox',
      timeout: 1_500,
      retry: { attempts: 3, delay: 300, when: () => true },
    },
    { priority: 1 },
  )
  retried.catch(() => {})
  const broken = { image: 'python:3-slim', command: 'python train.py --epochs 3' }
  executor.run({ ...broken, id: 'broken-oven' }, { priority: 1 }).catch(() => {})
  loaf.catch(() => {})
  cleanUp.defer(async () => {
    abort.abort()
    loaf.cancel()
    order.stop()
    mixer.stop()
    await Promise.all(load)
  })
  await reach(loaf, 'running')
  await sleep(warmUp / 2)
  await loaf.freeze()
  await sleep(warmUp / 4)
  await loaf.unfreeze()
  await sleep(warmUp / 4)
  await recording.close()
  const replay = cleanUp.use(await openRecording(path))
  const idle = cleanUp.use(await startInspector())
  const kept = cleanUp.move()
  return {
    url: inspector.url,
    empty: idle.url,
    recording: replay.url,
    forwarded,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const reach = (execution: { state$: { subscribe(next: (state: string) => void): unknown } }, wanted: string) =>
  new Promise<void>(resolve => execution.state$.subscribe(state => state === wanted && resolve()))
