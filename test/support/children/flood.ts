// Reads a GiB of a container's output more slowly than it is written, and prints the growth of this process.
import { setImmediate } from 'node:timers/promises'
import { noEvents, testEngine } from '../engine/docker.ts'

await using driver = await testEngine()
const container = driver.container({ command: ['sh', '-c', 'head -c 1073741824 /dev/zero'] })
// Measured after the first 128 MiB, when the runtime has allocated its own memory.
const warm = 128 * 2 ** 20
let before = 0
let bytes = 0
let peak = 0
const sink = {
  async write(chunk: Uint8Array) {
    bytes += chunk.length
    if (before === 0 && bytes >= warm) before = process.memoryUsage.rss()
    peak = Math.max(peak, process.memoryUsage.rss())
    await setImmediate()
  },
}
await container.prepare(new AbortController().signal)
await container.start({ stdin: undefined, stdout: sink, stderr: sink }, noEvents)
const exit = await container.wait()
await container.remove()
console.log(JSON.stringify({ bytes, grown: peak - before, exit }))
