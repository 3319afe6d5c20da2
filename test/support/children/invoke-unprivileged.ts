// Calls a function of the test image and prints how it went: run as a user who has no rights but to the engine's socket.
import { CookietinError, createDockerDriver, createExecutor } from '../../../src/index.ts'
import { functionImage } from '../images/function-image.ts'

const [file = '', way = '', launchTimeout = ''] = process.argv.slice(2)
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
