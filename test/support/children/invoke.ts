// Calls a function of the test image, and prints the outcome. With a user's number: as that user, without other rights than the engine's socket.
import { CookietinError, createDockerDriver, createExecutor } from '../../../src/index.ts'
import { functionImage } from '../images/function-image.ts'

const [file = '', way = '', launchTimeout = '', user = ''] = process.argv.slice(2)
// Opening a driver loads every module, so that user need not be able to read this repository.
await (await createDockerDriver()).close()
if (user !== '' && process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(Number(user))
  process.setuid?.(Number(user))
}
await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })
const fn = executor.function({
  image: functionImage,
  command: ['node', `/function/${file}.cjs`],
  disableNet: true,
  env: { WAY: way },
  launchTimeout: Number(launchTimeout),
})
try {
  const response = await fn.invoke({ timeout: 30_000 })
  console.log(response.status, (await response.text()).slice(0, 4))
} catch (error) {
  console.log(error instanceof CookietinError ? `${error.code} ${error.message}` : error)
}
await fn.close()
