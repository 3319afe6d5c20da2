import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { firstValueFrom, filter } from 'rxjs'
import { createDockerDriver, createExecutor } from './src/index.ts'
import { ensureTestImage, testImage } from './test/support/images/images.ts'
await ensureTestImage()
const driver = await createDockerDriver({ spares: [{ image: testImage, size: 3, profile: 'hardened', memory: '64m', pull: 'never' }] })
driver.driverTransitions$.subscribe(t => { if (t.machine !== 'spare' && t.event !== 'adopt' || t.error) console.log(t.machine, t.id, t.from, '->', t.to, t.event, t.error ?? '') })
const executor = createExecutor({ driver, concurrency: 8 })
const ready = () => firstValueFrom(driver.spares$.pipe(filter(({ ready }) => ready === 3)))
await ready()
console.log('ready')
const docker: number[] = [], first: number[] = [], whole: number[] = []
const task = { image: testImage, profile: 'hardened' as const, memory: '64m', pull: 'never' as const, command: ['sh', '-c', 'echo out; cat; echo err >&2; exit 3'], env: { A: '1' } }
for (let i = 0; i < 25; i++) {
  await ready()
  await new Promise(r => setTimeout(r, 100))
  const t = performance.now()
  const run = executor.run({ ...task, input: 'INPUT' })
  run.stdout.once('data', () => first.push(performance.now() - t))
  const result = await run
  whole.push(performance.now() - t)
  if (i === 0) console.log(result)
  await executor.onIdle()
  const t2 = performance.now()
  await promisify(execFile)('docker', ['run','--rm','--network','none',testImage,'true']).catch(() => {})
  docker.push(performance.now()-t2)
}
const q = (a: number[], p: number) => a.toSorted((x, y) => x - y)[Math.floor(a.length * p)]?.toFixed(2)
console.log('docker', q(docker, 0.5), 'first', q(first, 0.5), q(first, 0.9), 'whole', q(whole, 0.5), q(whole, 0.9))
await executor.close()
await driver.close()
