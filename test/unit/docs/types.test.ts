import { expectTypeOf, it } from 'vitest'
import type { Actor } from 'xstate'
import type { CookieState } from '../../../machines/cookie-states.ts'
import type { cookieMachine, imageMachine, slotMachine } from '../../../machines/index.ts'
import type { PullProgress } from '../../../src/engines/pull-progress.ts'
import type { SlotState } from '../../../src/functions/slot/slot.ts'
import type {
  ContainerTask,
  CookietinError,
  Execution,
  Executor,
  MetricName,
  Metrics,
  RunResult,
  RunStatus,
} from '../../../src/index.ts'
import type { StateName } from '../../../src/utils/actors/follow-state.ts'

declare const executor: Executor

it('types output by its encoding', () => {
  const run = (): [Execution<string>, Execution<Uint8Array>, Execution] => [
    executor.run({ image: 'x' }),
    executor.run({ image: 'x', encoding: 'buffer' }),
    executor.run({ image: 'x' } as ContainerTask),
  ]
  expectTypeOf(run).returns.toEqualTypeOf<[Execution<string>, Execution<Uint8Array>, Execution]>()
  const all = () => executor.runAll([{ image: 'x' }, { image: 'y' }])
  expectTypeOf(all).returns.toEqualTypeOf<AsyncGenerator<RunResult<string>, void, undefined>>()
})

it('refuses what no task has', () => {
  // @ts-expect-error a misspelt field
  const misspelt = () => executor.run({ image: 'x', tiemout: 5 })
  // @ts-expect-error no image
  const imageless = () => executor.run({ command: 'true' })
  expectTypeOf([misspelt, imageless]).toBeArray()
})

it('has an error exactly of our kind, and the statuses of Fn', () => {
  expectTypeOf<RunResult['error']>().toEqualTypeOf<CookietinError | undefined>()
  expectTypeOf<RunStatus>().toEqualTypeOf<'success' | 'error' | 'timeout' | 'killed' | 'cancelled'>()
})

it('names the metrics of the built-in drivers, and takes others', () => {
  expectTypeOf<{ mem_usage: number; temperature: number }>().toExtend<Metrics>()
  expectTypeOf<{ mem_usage: string }>().not.toExtend<Metrics>()
  expectTypeOf<'mem_peak' | 'pids'>().toExtend<MetricName>()
  expectTypeOf<'temperature'>().not.toExtend<MetricName>()
})

it('names exactly the states of the machines that can be seen from outside', () => {
  expectTypeOf<CookieState>().toEqualTypeOf<Exclude<StateName<Actor<typeof cookieMachine>>, 'deciding'>>()
  expectTypeOf<SlotState>().toEqualTypeOf<StateName<Actor<typeof slotMachine>>>()
  expectTypeOf<PullProgress['state']>().toEqualTypeOf<
    Exclude<StateName<Actor<typeof imageMachine>>, 'choosing' | 'judging'>
  >()
})
