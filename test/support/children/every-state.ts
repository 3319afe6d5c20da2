// Has containers in every state, prints the instance of its driver, and waits to be killed.
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { filter, firstValueFrom } from 'rxjs'
import { createDockerDriver, createExecutor, type FunctionSpec } from '../../../src/index.ts'
import { functionImage } from '../images/function-image.ts'
import { testImage } from '../images/images.ts'

const driver = await createDockerDriver({ preForkPoolSize: 1 })
const executor = createExecutor({ driver, concurrency: 8 })
const forever = { image: testImage, command: ['sleep', '300'], disableNet: true }

const prepared = await driver.createCookie(forever)
await prepared.prepare()

const ended = await driver.createCookie({ ...forever, command: ['true'] })
await (await ended.run()).wait()

const [running, frozen] = [executor.run(forever), executor.run(forever)]
for (const run of [running, frozen]) await firstValueFrom(run.state$.pipe(filter(state => state === 'running')))
await frozen.freeze()

const make = (spec: Partial<FunctionSpec>) =>
  executor.function({ image: functionImage, command: ['node', '/function/echo.cjs'], disableNet: true, ...spec })
await make({ freezeAfter: Infinity }).prewarm(1)
const frozenFunction = firstValueFrom(executor.transitions$.pipe(filter(({ to }) => to === 'frozen')))
await make({ freezeAfter: 0 }).prewarm(1)
await frozenFunction
const stdout = new PassThrough()
make({})
  .invoke({ body: '{"wait":300000}', timeout: 300_000, stdout })
  .catch(() => {})
await once(stdout, 'data')

await firstValueFrom(driver.prefork$.pipe(filter(({ free }) => free === 1)))
console.log((driver as unknown as { engine: { instance: string } }).engine.instance)
