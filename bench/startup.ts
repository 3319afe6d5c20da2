// Whole processes: importing the package beside importing dockerode, `cookietin --version` beside `node -e 0`, and `cookietin run busybox true`
// beside `docker run --rm busybox true`. Each is started before, so that its files are in memory.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type CompareOptions, compare, roundsOr } from './support/compare.ts'
import type { Table } from './support/table.ts'

export const needs = ['engine', 'build']

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const image = process.env.BENCH_IMAGE ?? 'busybox'
const node = (...args: string[]) => exec(process.execPath, args)

const options: CompareOptions = { rounds: roundsOr(25), warmUp: 2 }

export default async function startup(): Promise<readonly Table[]> {
  // Beside the package, so that dockerode is found.
  const folder = await mkdtemp(`${root}.bench-`)
  try {
    const importing = async (name: string, module: string) => {
      const file = `${folder}/${name}.mjs`
      await writeFile(file, `import '${module}'\n`)
      return () => node(file)
    }
    return [
      await compare(
        'a process that only imports',
        [
          { name: 'cookietin', run: await importing('ours', `${root}dist/index.js`) },
          { name: 'cookietin/machines', run: await importing('machines', `${root}dist/machines.js`) },
          { name: 'rxjs', run: await importing('rxjs', 'rxjs') },
          { name: 'dockerode', run: await importing('dockerode', 'dockerode') },
        ],
        options,
      ),
      await compare(
        'a command that does nothing',
        [
          { name: 'cookietin --version', run: () => node(`${root}dist/cli.js`, '--version') },
          { name: 'cookietin run --help', run: () => node(`${root}dist/cli.js`, 'run', '--help') },
          { name: 'node -e 0', run: () => node('-e', '0') },
        ],
        options,
      ),
      await commandLine("the engine's bridge", 'default'),
      await commandLine('no network', 'none'),
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Both have removed the container at their end. */
function commandLine(title: string, network: string): Promise<Table> {
  const args = ['--network', network, image, 'true']
  return compare(
    `the command line, ${title}`,
    [
      { name: 'cookietin run', run: () => node(`${root}dist/cli.js`, 'run', ...args) },
      { name: 'docker run --rm', run: () => exec('docker', ['run', '--rm', ...args]) },
    ],
    options,
  )
}
