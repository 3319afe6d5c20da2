import { filter, firstValueFrom } from 'rxjs'
import type { EngineDriver } from '../driver/engine-driver.ts'
import type { Engine, SpareContainers, SpareKind, SpareKindUsage } from '../engines/engine.ts'
import { spareSizes } from '../engines/spare-sizes.ts'
import { CookietinError, InvalidInputError, toCookietinError } from '../errors.ts'
import type { ContainerTask, StopOptions } from '../task/task.ts'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import type { Execution } from './execution.ts'
import type { RunOptions, Template, TemplateOptions } from './executor.ts'

const options: Record<keyof TemplateOptions, true> = { spares: true }

/** Fields of a task that concern one run, and not its container. */
const ofOneRun = ['id', 'input', 'stdout', 'stderr', 'timeout', 'retry', 'onStat', 'encoding'] as const

/** How {@link openTemplate} reaches the executor. */
export interface TemplateHost {
  readonly driver: EngineDriver
  readonly stop: StopOptions | undefined
  run(task: ContainerTask, options: RunOptions | undefined): Execution
  /** Called when it is closed. */
  closed(template: Template): void
}

/**
 * Begins to make containers ahead.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` where the engine cannot.
 */
export function openSpares(engine: Engine, kind: SpareKind): SpareContainers {
  if (engine.openSpares !== undefined) return engine.openSpares(kind)
  const allowed = `left out: the engine '${engine.name}' starts no containers ahead`
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'spares', value: String(kind.size), allowed }])
}

/**
 * Makes a template.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad field.
 */
export function openTemplate(task: ContainerTask, given: TemplateOptions, host: TemplateHost): Template {
  checkKnown(given, options)
  const issues = new Issues()
  const rule = spareSizes(1)
  const size = issues.read('spares', given?.spares, rule, 0)
  if (given?.spares === undefined) issues.add('spares', undefined, rule.allowed)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  host.driver.resolve(task, host.stop)
  const kind = Object.fromEntries(Object.entries(task).filter(([name]) => !ofOneRun.some(other => other === name)))
  const spares = openSpares(host.driver.engine, {
    size,
    task: host.driver.resolve(kind as unknown as ContainerTask, host.stop),
  })
  let closing: Promise<void> | undefined
  const template: Template = {
    spares$: spares.usage$,
    run: (changes, runOptions) => host.run({ ...task, ...changes }, runOptions),
    async ready() {
      const isDecided = filter(({ ready, error }: SpareKindUsage) => ready === size || error !== undefined)
      const isReady = await firstValueFrom(spares.usage$.pipe(isDecided), { defaultValue: undefined })
      if (isReady?.error !== undefined)
        throw toCookietinError(isReady.error, 'ERR_COOKIETIN_START_FAILED', 'Cannot make the spare containers')
      if (isReady === undefined)
        throw new CookietinError('ERR_COOKIETIN_CLOSED', 'The template was closed before its containers were ready')
    },
    close() {
      closing ??= spares.close().finally(() => host.closed(template))
      return closing
    },
    [Symbol.asyncDispose]: () => template.close(),
  }
  return template
}
