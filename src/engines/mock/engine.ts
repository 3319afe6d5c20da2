import { CookietinError } from '../../errors.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import { checkKnown } from '../../utils/validation/known-options.ts'
import type { Engine } from '../engine.ts'
import { type MockClock, realClock } from './clock.ts'
import { MockContainer } from './container.ts'
import { checkScript, type MockCall, type MockRun, type MockScript, runOf } from './script.ts'

/** An engine that runs nothing: its containers follow a script. */
export interface MockEngine extends Engine {
  /** Every call that was made, in order. */
  readonly calls: readonly { readonly id: string; readonly call: MockCall }[]
  /** Names of the containers that were made and not removed. */
  readonly remaining: readonly string[]
}

/** What a mock driver takes besides its script. */
export interface MockOptions {
  /** @default the time of this machine */
  readonly clock?: MockClock
}

const mockOptions: Record<keyof MockOptions, true> = { clock: true }

/**
 * Makes an engine for tests. An image without a run in the script is not found.
 */
export function createMockEngine(script: MockScript = {}, options?: MockOptions): MockEngine {
  checkScript(script)
  checkKnown(options, mockOptions, 'ERR_COOKIETIN_INVALID_CONFIG')
  const clock = options?.clock ?? realClock
  const calls: { readonly id: string; readonly call: MockCall }[] = []
  const remaining = new Set<string>()
  return {
    name: 'mock',
    calls,
    get remaining() {
      return [...remaining]
    },
    // Its containers follow a script, which is asked when their turn comes.
    check() {},
    container(task) {
      const container: MockContainer = new MockContainer(task, runOf(script, task) ?? withoutImage(task), clock, {
        called: call => calls.push({ id: task.id, call }),
        made: () => remaining.add(container.name),
        removed: () => remaining.delete(container.name),
      })
      return container
    },
    async close() {},
  }
}

function withoutImage({ id, image }: ResolvedTask): MockRun {
  return {
    prepareError: new CookietinError(
      'ERR_COOKIETIN_IMAGE_NOT_FOUND',
      `Cannot prepare cookie ${id}: the mock script has no image ${image}; give it one, or a '*' for any`,
      { cookieId: id },
    ),
  }
}
