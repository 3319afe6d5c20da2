// Reads a GiB of a container's output more slowly than it comes, and prints by how much this process grew meanwhile.
import { setImmediate } from 'node:timers/promises'
import { noEvents, testEngine } from './docker.ts'

await using driver = await testEngine()
const container = driver.container({ command: ['sh', '-c', 'head -c 1073741824 /dev/zero'] })
const before = process.memoryUsage.rss()
let bytes = 0
let peak = before
const sink = {
  async write(chunk: Uint8Array) {
    bytes += chunk.length
    peak = Math.max(peak, process.memoryUsage.rss())
    await setImmediate()
  },
}
await container.prepare(new AbortController().signal)
await container.start({ stdin: undefined, stdout: sink, stderr: sink }, noEvents)
const exit = await container.wait()
await container.remove()
console.log(JSON.stringify({ bytes, grown: peak - before, exit }))
