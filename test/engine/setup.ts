import { onTestFinished } from 'vitest'
import type { DockerEngineDriver } from '../../src/driver/docker-driver.ts'
import {
  type ContainerTask,
  createDockerDriver,
  createExecutor,
  type DockerConfig,
  type Execution,
  type ExecutorOptions,
} from '../../src/index.ts'
import { containersWith } from '../support/engine/request.ts'
import { ensureTestImage, testImage } from '../support/images/images.ts'
import { watchLeaks } from '../support/leaks/leaks.ts'

/**
 * Creates a driver and an executor on the real engine. Fails a test that leaks a container, socket, timer or listener.
 */
export async function setup(options: Omit<ExecutorOptions, 'driver'> = {}, config: DockerConfig = {}) {
  await ensureTestImage()
  const checkLeaks = watchLeaks()
  const driver = await createDockerDriver(config)
  const executor = createExecutor({ driver, concurrency: 4, ...options })
  const { instance } = (driver as DockerEngineDriver).engine
  /** The names of this driver's containers on the engine. */
  const containers = () => containersWith(`cookietin.instance=${instance}`)
  onTestFinished(async () => {
    await executor.close({ force: true })
    await driver.close()
    const left = await containers()
    if (left.length > 0) throw new Error(`left on the engine: ${left.join(', ')}`)
    await checkLeaks()
  })
  return { driver, executor, containers, engine: (driver as DockerEngineDriver).engine }
}

/** A task without a network, which halves its start time. */
export const shell = (script: string, rest: Partial<ContainerTask> = {}): ContainerTask => ({
  image: testImage,
  command: ['sh', '-c', script],
  disableNet: true,
  ...rest,
})

/** Resolves when the run reaches a state. */
export const until = (execution: Execution, state: string) =>
  new Promise<void>(resolve => {
    execution.state$.subscribe(seen => seen === state && resolve())
  })

/** Resolves with the output of the run when it contains the text. */
export async function untilWritten(execution: Execution, text: string): Promise<string> {
  let written = ''
  for await (const chunk of execution.stdout) {
    written += String(chunk)
    if (written.includes(text)) break
  }
  return written
}
