// Starts a long-running container, prints its name, and waits to be killed.
import { noEvents, streamsOf, testEngine } from '../engine/docker.ts'

const driver = await testEngine()
const container = driver.container({ command: ['sleep', '300'] })
await container.prepare(new AbortController().signal)
await container.start(streamsOf(), noEvents)
console.log(container.name)
