import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { onTestFinished } from 'vitest'
import type { FunctionSpec } from '../../../src/functions/spec.ts'
import type { DockerConfig, Executor, ExecutorOptions, Transition } from '../../../src/index.ts'
import { ensureFunctionImage, functionImage } from '../../support/images/function-image.ts'
import { setup as setupEngine } from '../setup.ts'

/**
 * Creates an executor on the real engine, for functions of the test image. Fails a test that leaks a container, socket,
 * folder or mount.
 */
export async function setup(options: Omit<ExecutorOptions, 'driver'> = {}, config: DockerConfig = {}) {
  await ensureFunctionImage()
  // Runs last, after the executor has closed.
  onTestFinished(() => {
    const folders = readdirSync(tmpdir()).filter(name => name.startsWith('cookietin-sockets-') && isOurs(name))
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter(line => folders.some(name => line.includes(name)))
    if (folders.length + mounts.length > 0) throw new Error(`left: ${[...folders, ...mounts].join(', ')}`)
  })
  const { executor, driver, containers } = await setupEngine(options, config)
  const make = (file: string, spec: Partial<FunctionSpec> = {}) =>
    executor.function({ image: functionImage, command: ['node', `/function/${file}.cjs`], disableNet: true, ...spec })
  return { executor, driver, containers, make }
}

/** Resolves with the next transition that passes the test. */
export const transition = (executor: Executor, test: (transition: Transition) => boolean) =>
  new Promise<Transition>(resolve => {
    const subscription = executor.transitions$.subscribe(transition => {
      if (!test(transition)) return
      subscription.unsubscribe()
      resolve(transition)
    })
  })

function isOurs(name: string): boolean {
  const owner = `${tmpdir()}/${name}/owner`
  return existsSync(owner) && readFileSync(owner, 'utf8').split('/')[1] === String(process.pid)
}
