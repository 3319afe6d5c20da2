// A step of a CI pipeline: the sources in, the log as it comes, a report out, and the step's exit code.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDockerDriver, createExecutor } from 'cookietin'

const work = await mkdtemp(join(tmpdir(), 'ci-'))
await writeFile(join(work, 'add.sh'), 'echo $(($1 + $2))\n')
await writeFile(
  join(work, 'test.sh'),
  'test "$(sh add.sh 1 2)" = 3 && echo "ok 1 - adds" > report.tap && cat report.tap\n',
)

{
  await using driver = await createDockerDriver()
  await using executor = createExecutor({ driver, closeOn: ['SIGINT', 'SIGTERM'], stopGrace: 5_000 })
  const step = executor.run(
    {
      image: 'busybox',
      command: ['sh', 'test.sh'],
      workDir: '/work',
      files: { '/work': { from: work } },
      artifacts: ['/work/report.tap'],
      env: { CI: 'true' },
      timeout: 60_000,
      stdout: process.stdout, // the log, as it comes
      stderr: process.stderr,
    },
    { retry: { attempts: 3 } }, // when the engine or a registry is away; never for an exit code
  )
  const { status, exitCode, artifacts, error } = await step
  await artifacts.extractTo(join(work, 'reports'))
  console.log(`${status}: ${error?.message ?? `exit code ${exitCode}`}`)
  process.exitCode = exitCode ?? 1
}

console.log('report:', (await readFile(join(work, 'reports', 'report.tap'), 'utf8')).trim())
await rm(work, { recursive: true })
