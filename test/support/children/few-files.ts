// Runs, calls and pulls with every file descriptor of this process in use, then again when they are free. Prints what came as JSON.
import { closeSync, openSync, readdirSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import type { DockerEngineDriver } from '../../../src/driver/docker-driver.ts'
import { CookietinError, createDockerDriver, createExecutor } from '../../../src/index.ts'
import { functionImage } from '../images/function-image.ts'
import { testImage } from '../images/images.ts'

const driver = await createDockerDriver({ reconnectTimeout: 300 })
const executor = createExecutor({ driver })
const task = { image: testImage, command: ['echo', 'hi'], disableNet: true }
const spec = { image: functionImage, command: ['node', '/function/echo.cjs'], disableNet: true }
const warm = executor.function({ ...spec, name: 'warm' })
const cold = executor.function({ ...spec, name: 'cold' })

/** What a promise comes to: its value, or its error. */
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    value => value,
    error =>
      error instanceof CookietinError
        ? { code: error.code, retryable: error.retryable, message: error.message }
        : String(error),
  )
const run = async () => {
  const { status, stdout } = await executor.run(task)
  return [status, stdout]
}
const call = async (fn = warm) => {
  const response = await fn.invoke({ body: 'x', timeout: 20_000 })
  await response.text()
  return response.status
}
const pull = () => driver.pull(testImage, {}).then(() => 'pulled')
const all = async () => ({ run: await outcome(run()), cold: await outcome(call(cold)), pull: await outcome(pull()) })

/** How many descriptors are in use. */
const used = () => readdirSync('/proc/self/fd').length

/** Opens files while there is a descriptor left, also one that becomes free. Returns what closes them. */
function takeAll(): () => void {
  const taken: number[] = []
  const take = () => {
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'))
    } catch {}
  }
  const timer = setInterval(take, 1)
  take()
  return () => {
    clearInterval(timer)
    for (const descriptor of taken) closeSync(descriptor)
  }
}

/** What an act comes to while no file can be opened. */
async function withoutFiles(act: () => Promise<unknown>): Promise<unknown> {
  const release = takeAll()
  try {
    return await outcome(act())
  } finally {
    release()
  }
}

// What is loaded when it is used first is loaded.
const before = await all()
await call()
await cold.close()
const fresh = executor.function({ ...spec, name: 'fresh' })
await executor.onIdle()
const usedBefore = used()
const without = {
  run: await withoutFiles(run),
  cold: await withoutFiles(() => call(fresh)),
  warm: await withoutFiles(() => call()),
  pull: await withoutFiles(pull),
}
await executor.onIdle()
for (let tries = 0; used() > usedBefore && tries < 100; tries++) await after(20)
const left = used() - usedBefore
const again = {
  run: await outcome(run()),
  cold: await outcome(call(fresh)),
  warm: await outcome(call()),
  pull: await outcome(pull()),
}
await executor.close()
const { engine } = driver as DockerEngineDriver
const { instance } = engine
await driver.close()
console.log(JSON.stringify({ before, without, left, again, instance }))
