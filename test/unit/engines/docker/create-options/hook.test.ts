import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { CreateOptions } from '../../../../../src/engines/docker/create-options/create-options.ts'
import { runHook } from '../../../../../src/engines/docker/create-options/hook.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../../src/task/task.ts'

test.each([
  ['async', async () => await Promise.reject(new Error('x'))],
  ['async of another realm', runInNewContext('(async () => { throw new Error("x") })')],
  // biome-ignore lint/suspicious/noThenProperty: it is what the hook must not return.
  ['that returns a thenable', () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error('x')) })],
] as [string, ContainerTask['containerOptions']][])(
  'a hook %s is refused, and its error is handled',
  (_, containerOptions) => {
    const task = resolveTask({ image: 'x', containerOptions })
    expect(() => runHook(task, {} as CreateOptions)).toThrow('an asynchronous function')
  },
)
