import { release } from 'node:os'
import { describe, expect, test } from 'vitest'
import { wasCut } from '../../../../../../src/engines/docker/container/exit/output-cut.ts'
import type { ContainerState } from '../../../../../../src/engines/docker/container/inspect.ts'

/** An engine's clock that is one hour behind ours. */
const started = 1_000_000

interface Times {
  readonly endedAfter: number
  readonly repliedAfter?: number | undefined
  readonly ranFor?: number
  readonly init?: boolean
  readonly exitSeenAfter?: number
  /** Undefined: the engine cannot be asked. */
  readonly state?: Partial<ContainerState> | undefined
  readonly kernel?: string
}

/** Times in ms after the start was sent. The container starts 150 ms after that. */
function judge(times: Times): Promise<boolean> {
  const { endedAfter, ranFor = 50, init = true, exitSeenAfter = 250, kernel = 'another' } = times
  const sent = 5_000
  const state = 'state' in times ? times.state : { startedAt: started, finishedAt: started + ranFor }
  return wasCut(
    { local: true, engineInfo: async () => ({ cgroupVersion: '1', kernel }) },
    {
      end: { complete: true, at: sent + endedAfter, date: started - 150 + endedAfter },
      start: { sent, replied: 'repliedAfter' in times ? times.repliedAfter : sent + 160 },
      init,
      state: state as ContainerState | undefined,
      exitSeenAt: sent + exitSeenAfter,
    },
  )
}

describe('an output that ended', () => {
  test.each<[string, Times, boolean]>([
    ['before the start was sent', { endedAfter: -1 }, true],
    ['before the start was sent, without an init process', { endedAfter: -1, init: false }, true],
    ['early, without an init process', { endedAfter: 10, init: false }, false],
    ['in the time that the container ran at least', { endedAfter: 49 }, true],
    ['a second before the exit', { endedAfter: 200, ranFor: 1_000 }, true],
    ['long before the reply of the start', { endedAfter: 55, ranFor: 10 }, true],
    ['a little before the reply of the start', { endedAfter: 159, ranFor: 1 }, false],
    ['after the exit', { endedAfter: 220 }, false],
    ['where the reply of the start was lost', { endedAfter: 55, ranFor: 10, repliedAfter: undefined }, false],
    ['before the exit by the clock of this machine', { endedAfter: 199, kernel: release() }, true],
    ['at the exit by the clock of this machine', { endedAfter: 200, kernel: release() }, false],
    ['long before the exit was seen, by an engine that cannot be asked', { endedAfter: 100, state: undefined }, true],
    ['just before the exit was seen, by an engine that cannot be asked', { endedAfter: 200, state: undefined }, false],
    ['before an end that was recorded before the start', { endedAfter: 55, ranFor: -2 }, true],
    ['by an engine that does not report the times', { endedAfter: 10, state: {} }, false],
  ])('%s', async (_, times, cut) => {
    expect(await judge(times)).toBe(cut)
  })
})
