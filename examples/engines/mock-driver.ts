import { createExecutor } from 'cookietin'
import { createMockDriver } from 'cookietin/testing'

// In your own tests: nothing runs, the script says what each image does.
await using driver = createMockDriver({ busybox: { stdout: 'hi\n' }, broken: { exitCode: 3 } })
await using executor = createExecutor({ driver })

for (const image of ['busybox', 'broken']) {
  const { status, exitCode } = await executor.run({ image })
  console.log(image, status, exitCode)
}
await executor.onIdle() // containers are removed after the result is there
console.log(driver.remaining.length, 'left')
