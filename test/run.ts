// Runs every test: `npm test`. An engine, a browser and a command line wait more than they compute, so two runs of Vitest share the machine,
// each with a private engine. With arguments, or where an engine answers already, there is one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { buildPage } from '../scripts/build/page.ts'
import { engineAnswers } from './support/engine/answers.ts'
import { installAll } from './support/engine/install.ts'
import { mayStartEngine } from './support/engine/private.ts'
import { failuresIn } from './support/failures.ts'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))

/** The projects of each run. The second one has all that the first one has not, so that none is forgotten. */
const lanes = ['engine', '!engine']

async function run(args: readonly string[], stdio: 'inherit' | 'pipe'): Promise<{ code: number; output: Buffer }> {
  const env = { ...process.env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) }
  const child = spawn(process.execPath, [vitest, 'run', ...args], { env, stdio: ['inherit', stdio, stdio] })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const texts = [child.stdout, child.stderr].map(stream => (stream === null ? Buffer.alloc(0) : buffer(stream)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? 1, output: Buffer.concat(await Promise.all(texts)) }
}

const args = process.argv.slice(2)
const hasEngine = await engineAnswers(process.env.DOCKER_HOST || 'unix:///var/run/docker.sock')
if (args.length > 0 || hasEngine || !mayStartEngine()) {
  process.exitCode = (await run(args, 'inherit')).code
} else {
  // Two runs must not install or build at the same time.
  installAll()
  await buildPage()
  console.log('Two runs at a time: the project engine, and all others. The second one is printed at its end.')
  const folder = mkdtempSync(join(tmpdir(), 'cookietin-test-reports-'))
  const reportOf = (project: string) => join(folder, `${project}.json`)
  const [first = [], second = []] = lanes.map(project => [
    `--project=${project}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportOf(project)}`,
  ])
  const later = run(second, 'pipe')
  const { code } = await run(first, 'inherit')
  const { code: laterCode, output } = await later
  process.stdout.write(output)
  const failures = lanes.map(reportOf).flatMap(failuresIn)
  rmSync(folder, { recursive: true, force: true })
  if (failures.length > 0) console.error(`\nFailed in either run: ${failures.length}\n\n${failures.join('\n\n')}\n`)
  process.exitCode = code || laterCode
}
