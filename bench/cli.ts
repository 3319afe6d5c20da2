// The whole process of `cookietin run busybox true` beside that of `docker run --rm busybox true`. Both have removed the container then.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compare, roundsOr } from './support/compare.ts'
import type { Table } from './support/table.ts'

export const needs = ['engine', 'build']

const exec = promisify(execFile)
const main = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const image = process.env.BENCH_IMAGE ?? 'busybox'

export default async function cli(): Promise<readonly Table[]> {
  const tables: Table[] = []
  for (const [title, network] of [
    ["the engine's bridge", 'default'],
    ['no network', 'none'],
  ] as const) {
    tables.push(
      await compare(
        `the command line, ${title}`,
        [
          {
            name: 'cookietin run',
            run: () => exec(process.execPath, [main, 'run', '--network', network, image, 'true']),
          },
          { name: 'docker run --rm', run: () => exec('docker', ['run', '--rm', '--network', network, image, 'true']) },
        ],
        { rounds: roundsOr(25), warmUp: 2 },
      ),
    )
  }
  return tables
}
