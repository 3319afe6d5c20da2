// The time until a program can begin: importing the package beside importing dockerode, and `cookietin --version` beside `node -e 0`. Whole
// processes. Each is started once before, so that its files are in memory.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type CompareOptions, compare, roundsOr } from './support/compare.ts'
import type { Table } from './support/table.ts'

export const needs = ['build']

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const node = (...args: string[]) => exec(process.execPath, args)

export default async function startup(): Promise<readonly Table[]> {
  const options: CompareOptions = { rounds: roundsOr(25), warmUp: 2 }
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
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}
