// The output of a container, from its start to its end: 1 GiB at once, and 100,000 short lines; cookietin, dockerode's own demux, and
// `docker run` into a pipe that is read.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { createDockerDriver, createExecutor } from '../src/index.ts'
import { demuxStream, runAndRemoveByHand } from './support/by-hand.ts'
import { compare, roundsOr } from './support/compare.ts'
import type { Table } from './support/table.ts'

export const needs = ['engine']

const image = process.env.BENCH_IMAGE ?? 'busybox'

/** Counts bytes, and takes each part at once. */
class Counter extends Writable {
  bytes = 0
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.bytes += chunk.length
    done()
  }
}

export default async function output(): Promise<readonly Table[]> {
  await using driver = await createDockerDriver()
  await using executor = createExecutor({ driver, maxOutput: 0 })
  const tables: Table[] = []
  for (const [title, script, size, rounds] of [
    ['1 GiB of output', 'head -c 1073741824 /dev/zero', 2 ** 30, 3],
    ['100,000 short lines of output', 'seq 100000', 588_895, 9],
  ] as const) {
    const command = ['sh', '-c', script]
    const check = (bytes: number) => {
      if (bytes !== size) throw new Error(`${bytes} bytes came of ${size}`)
    }
    tables.push(
      await compare(
        title,
        [
          {
            name: 'cookietin',
            run: async () => {
              const stdout = new Counter()
              await executor.run({ image, command, disableNet: true, stdout })
              await executor.onIdle()
              check(stdout.bytes)
            },
          },
          {
            name: 'docker run --rm',
            run: async () => {
              const child = spawn('docker', ['run', '--rm', '--network', 'none', image, ...command], {
                stdio: ['ignore', 'pipe', 'inherit'],
              })
              const stdout = child.stdout.pipe(new Counter())
              await once(child, 'close')
              check(stdout.bytes)
            },
          },
          {
            name: "dockerode by hand, with its modem's demux",
            run: async () => {
              const [stdout, stderr] = [new Counter(), new Counter()]
              await runAndRemoveByHand({
                image,
                command,
                network: 'none',
                attached: s => demuxStream(s, stdout, stderr),
              })
              check(stdout.bytes)
            },
          },
        ],
        { rounds: roundsOr(rounds) },
      ),
    )
  }
  return tables
}
