import { createDockerDriver, createExecutor } from 'cookietin'

const driver = await createDockerDriver()
const executor = createExecutor({ driver })
try {
  const { stdout } = await executor.run({ image: 'busybox', command: ['echo', 'hi'] })
  console.log(stdout.trim())
} finally {
  await executor.close() // waits for what runs; { force: true } cancels it
  await driver.close()
}
