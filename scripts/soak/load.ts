import { setTimeout as delay } from 'node:timers/promises'
import { first } from 'rxjs'
import type { ContainerTask, Executor, HotFunction } from '../../src/index.ts'

/** Counts of what a load has done. */
export interface LoadCounts {
  runs: number
  calls: number
  rejected: number
  /** Runs whose status is not the one that their task must have. */
  wrong: number
}

interface Kind {
  readonly task: ContainerTask
  readonly status: string
  /** Cancels the run after this many ms. */
  readonly cancelAfter?: number
  /** Freezes and thaws it. */
  readonly freezes?: boolean
}

const sh = (script: string, more: Partial<ContainerTask> = {}): ContainerTask => ({
  image: 'busybox',
  command: ['sh', '-c', script],
  pull: 'never',
  disableNet: true,
  ...more,
})

const kinds: readonly Kind[] = [
  { task: sh('true'), status: 'success' },
  { task: sh('exit 3'), status: 'error' },
  { task: sh('cat', { input: 'x'.repeat(100_000) }), status: 'success' },
  { task: sh('head -c 2000000 /dev/zero'), status: 'success' },
  { task: sh('sleep 60', { timeout: 300 }), status: 'timeout' },
  { task: sh('sleep 60'), status: 'cancelled', cancelAfter: 200 },
  { task: sh('sleep 0.3'), status: 'success', freezes: true },
  { task: sh('echo hardened', { profile: 'hardened' }), status: 'success' },
]

/** Runs tasks of every kind, one after the other, and calls the function between them, until the signal aborts. */
export async function loadLane(
  executor: Executor,
  fn: HotFunction | undefined,
  counts: LoadCounts,
  signal: AbortSignal,
): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const kind = kinds[turn % kinds.length]
    if (kind !== undefined) await runOne(executor, kind, counts)
    if (fn !== undefined && !signal.aborted) {
      await fn.invoke({ body: 'soak' }).then(
        async response => {
          await response.text()
          counts.calls += 1
        },
        () => {
          counts.rejected += 1
        },
      )
    }
  }
}

async function runOne(
  executor: Executor,
  { task, status, cancelAfter, freezes }: Kind,
  counts: LoadCounts,
): Promise<void> {
  const run = executor.run(task)
  if (cancelAfter !== undefined) void delay(cancelAfter).then(() => run.cancel('soak'))
  if (freezes === true) {
    const running = run.state$.pipe(first(state => state === 'running'))
    running.subscribe({
      next: () =>
        run
          .freeze()
          .then(() => run.unfreeze())
          .catch(() => {}),
      error: () => {},
    })
  }
  try {
    const result = await run
    counts.runs += 1
    if (result.status !== status) counts.wrong += 1
  } catch {
    counts.rejected += 1
  }
}
