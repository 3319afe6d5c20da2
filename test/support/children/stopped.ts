// Runs a task with a timeout on an executor with `closeOn`, prints its id once it runs, and ends as the first argument says.
import { type CloseEvent, createDockerDriver, createExecutor } from '../../../src/index.ts'
import { testImage } from '../images/images.ts'

const [end, id] = process.argv.slice(2)
const driver = await createDockerDriver()
const closeOn: CloseEvent[] = [
  'SIGINT',
  'SIGTERM',
  'uncaughtException',
  ...(end === 'exit with gc' ? (['exit'] as const) : []),
]
const executor = createExecutor({ driver, stopGrace: 5_000, closeOn })
const other = createExecutor({ driver, closeOn })
const script = "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done"
const run = executor.run({ image: testImage, command: ['sh', '-c', script], disableNet: true, timeout: 3_000, id })
run.then(({ status, exitCode }) => console.log(status, exitCode)).catch(() => {})
for await (const chunk of run.stdout) if (String(chunk).includes('up')) break
console.log('up', other.size)
if (end === 'throw') {
  setImmediate(() => {
    throw new Error('uncaught in the test')
  })
}
if (end?.startsWith('exit')) process.exit(3)
