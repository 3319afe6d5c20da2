import { filter, firstValueFrom } from 'rxjs'
import type { DockerEngineDriver } from '../../../src/driver/docker-driver.ts'
import type { DockerEngine } from '../../../src/engines/docker/engine.ts'
import type { DockerConfig, ExecutorOptions, SpareOptions } from '../../../src/index.ts'
import { testImage } from '../../support/images/images.ts'
import { setup } from '../setup.ts'

/** Spare containers for the tasks of `shell()`. */
export const spareShell = { image: testImage, disableNet: true } as const

/** Resolves when so many spare containers wait. */
export const untilReady = (engine: DockerEngine, count: number) =>
  firstValueFrom(engine.spares$.pipe(filter(({ ready }) => ready === count)))

/** A setup whose spare containers wait, of one kind. */
export async function withSpares(
  spare: Partial<SpareOptions> = {},
  config: DockerConfig = {},
  options: Omit<ExecutorOptions, 'driver'> = {},
) {
  const kind = { ...spareShell, size: 2, ...spare }
  const made = await setup(options, { ...config, spares: [kind] })
  const engine = (made.driver as DockerEngineDriver).engine
  /** What each run got: `adopt`, or why not. */
  const adoptions: [string, string][] = []
  const spareStates: string[] = []
  engine.transitions$.subscribe(({ machine, id, event, to }) => {
    if (machine === 'adoption') adoptions.push([id, event])
    if (machine === 'spare') spareStates.push(to)
  })
  const ready = (count = kind.size) => untilReady(engine, count)
  await ready()
  return { ...made, engine, adoptions, spareStates, ready }
}
