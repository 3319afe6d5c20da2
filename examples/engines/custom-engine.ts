import { createExecutor } from 'cookietin'
import { createDriver } from 'cookietin/engine'
import { createLocalEngine } from './local-engine.ts'

await using driver = createDriver(createLocalEngine()) // any object that implements the Engine port
await using executor = createExecutor({ driver })

const { status, stdout } = await executor.run({ image: 'none', command: ['echo', 'from my engine'] })
console.log(driver.name, status, stdout.trim())
