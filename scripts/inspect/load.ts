import { filter, interval, map, merge, type Observable, Subject, startWith } from 'rxjs'
import { createMockDriver, type MockDriver, type MockRun } from '../../src/driver/testing.ts'
import type { ContainerTask, Execution, Executor, Stat } from '../../src/index.ts'

/** A seeded random generator of numbers from 0 to 1. */
export function dice(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

const images = ['python:3-slim', 'node:22-slim', 'busybox:1.36', 'golang:1.22', 'ghcr.io/acme/resize:4', 'rust:1-slim']
const commands = [
  'python train.py --epochs 3',
  'node build.js',
  'wc -c',
  'go test ./...',
  'resize 1200x800 in.png',
  'cargo check',
]

/**
 * A driver of simulated tasks. Most succeed; some fail, hang, or run out of memory. Those named `the-…` run until they are
 * cancelled, those named `broken-…` fail at once.
 */
export const demoDriver = (chance: () => number): MockDriver =>
  createMockDriver(({ id }) =>
    id.startsWith('the-') ? { runFor: Infinity, stats: samples(id, chance), stdout: oven } : demoRun(id, chance),
  )

/** What a run that fails writes. */
const noFlour = 'reading the recipe\n\u001b[31mno flour\u001b[0m\n'

/** What a long run writes, in the colours of a terminal. */
const oven = Array.from(
  { length: 40 },
  (_, n) =>
    `\u001b[2m${String(n).padStart(2, '0')}\u001b[0m \u001b[${n % 9 === 8 ? 33 : 32}m${n % 9 === 8 ? 'warm' : 'ok'}\u001b[0m tray ${n + 1} of 40\n`,
).join('')

/** The ids of frozen runs: they use no CPU, and their memory does not change. */
const frozen = new Set<string>()
/** Emits the id of each run that is frozen or thawed. */
const turned = new Subject<string>()

/** Tracks whether a run of the demo is frozen. */
export function noteFreezes({ id, state$ }: Execution): void {
  state$.subscribe({
    next: state => {
      if (state === 'frozen') frozen.add(id)
      else frozen.delete(id)
      turned.next(id)
    },
    complete: () => frozen.delete(id),
  })
}

function demoRun(id: string, chance: () => number): MockRun {
  if (id.startsWith('broken-')) return { exitCode: 2, stderr: noFlour }
  const [kind, length] = [chance(), chance()]
  const run: MockRun = { runFor: 800 + length * 5_200, stats: samples(id, chance) }
  if (kind < 0.1) return { ...run, exitCode: 1 + Math.floor(length * 3), stderr: noFlour }
  if (kind < 0.15) return { ...run, exitCode: 137, oomKilled: true }
  if (kind < 0.2) return { ...run, runFor: Infinity }
  if (kind < 0.22) return { ...run, startError: new Error('no such file: /bin/oven') }
  return run
}

/** Simulates the samples of a run: a warm-up, then waves. */
function samples(id: string, chance: () => number): Observable<Stat> {
  const [base, wave, memory] = [20 + chance() * 60, 10 + chance() * 30, 20 + chance() * 180]
  let n = 0
  let held = 0
  return merge(interval(250), turned.pipe(filter(other => other === id && frozen.has(id)))).pipe(
    startWith(undefined),
    map(() => {
      if (frozen.has(id)) return { timestamp: Date.now(), metrics: { cpu_total: 0, mem_usage: held } }
      n += 1
      const warm = Math.min(1, n / 6)
      held = Math.round((memory * warm + 8 * Math.sin(n / 4) + chance() * 3) * 2 ** 20)
      return {
        timestamp: Date.now(),
        metrics: {
          cpu_total: Math.max(0, warm * (base + wave * Math.sin(n / 1.7) + 6 * (chance() - 0.5))),
          mem_usage: held,
        },
      }
    }),
  )
}

/** Returns a task of the demo by its number. */
export function demoTask(n: number, chance: () => number): ContainerTask {
  const pick = Math.floor(chance() * images.length)
  return {
    id: `${['bake', 'knead', 'proof', 'glaze', 'score'][n % 5]}-${n}`,
    image: images[pick] ?? 'busybox',
    command: commands[pick] ?? 'true',
    timeout: 6_000,
    env: { OVEN_KEY: 'not-for-your-eyes' },
  }
}

/** Freezes some runs for a while, and cancels a few. */
function bother(execution: Execution, chance: () => number): void {
  const [what, when] = [chance(), 300 + chance() * 1_500]
  let timer: NodeJS.Timeout | undefined
  const after = (ms: number, act: () => void) => {
    timer = setTimeout(act, ms)
  }
  // The run may have ended.
  const ignore = () => {}
  execution.state$.subscribe({
    next: state => {
      if (state !== 'running' || timer !== undefined) return
      if (what < 0.3) {
        after(when, () =>
          execution.freeze().then(() => after(700 + when * 2, () => execution.unfreeze().catch(ignore)), ignore),
        )
      } else if (what < 0.36) {
        after(when, () => execution.cancel('changed my mind'))
      }
    },
    complete: () => clearTimeout(timer),
  })
}

/** Keeps an executor busy until the signal aborts. */
export async function keepBusy(executor: Executor, chance: () => number, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  const going = new Set<Promise<unknown>>()
  for (let n = 1; !signal.aborted; n++) {
    const execution = executor.run(demoTask(n, chance), { signal })
    noteFreezes(execution)
    bother(execution, chance)
    const ended: Promise<unknown> = execution.catch(() => {}).finally(() => going.delete(ended))
    going.add(ended)
    if (going.size >= 12) await Promise.race([...going, aborted])
    else await new Promise(resolve => setTimeout(resolve, 40 + chance() * 260))
  }
  await executor.onIdle()
}
