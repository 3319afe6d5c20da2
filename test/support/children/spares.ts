// Fills a pool of spare containers, runs a task in one of them, prints the label of its containers, and waits to be killed.
import { filter, firstValueFrom } from 'rxjs'
import type { DockerEngineDriver } from '../../../src/driver/docker-driver.ts'
import { createDockerDriver, createExecutor } from '../../../src/index.ts'
import { testImage } from '../images/images.ts'

const driver = await createDockerDriver({ spares: [{ image: testImage, size: 8, pull: 'never', disableNet: true }] })
const { engine } = driver as DockerEngineDriver
const filled = () => firstValueFrom(engine.spares$.pipe(filter(({ ready }) => ready === 8)))
await filled()
const executor = createExecutor({ driver })
const run = executor.run({ image: testImage, pull: 'never', disableNet: true, command: ['sleep', '300'] })
await firstValueFrom(run.state$.pipe(filter(state => state === 'running')))
await filled()
console.log(engine.instance)
