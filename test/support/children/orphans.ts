// Starts a long-running container, prints its name, and waits to be killed. With an argument, it is frozen by that freezer.
import type { DockerConfig } from '../../../src/engines/docker/config/docker-config.ts'
import { noEvents, streamsOf, testEngine } from '../engine/docker.ts'

const freezer = process.argv[2] as DockerConfig['freezer']
const driver = await testEngine({ freezer })
const container = driver.container({ command: ['sleep', '300'] })
await container.prepare(new AbortController().signal)
await container.start(streamsOf(), noEvents)
if (freezer !== undefined) await container.pause()
console.log(container.name)
