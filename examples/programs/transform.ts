// A transformer of files: every file of a folder through a container, the results into another folder.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createDockerDriver, createExecutor } from 'cookietin'

const work = await mkdtemp(join(tmpdir(), 'transform-'))
const [from, to] = [join(work, 'in'), join(work, 'out')]
await mkdir(from)
for (const name of ['flour', 'butter', 'sugar']) await writeFile(join(from, `${name}.txt`), `${name}\n`)

{
  await using driver = await createDockerDriver()
  await using executor = createExecutor({ driver, concurrency: 2 })
  const tasks = (await readdir(from)).map(name => ({
    image: 'busybox',
    // The name is an argument and no part of the script: it may hold anything.
    command: ['sh', '-c', 'mkdir /work/out && tr a-z A-Z < "$1" > "/work/out/$(basename "$1")"', 'sh', `/work/${name}`],
    files: { [`/work/${name}`]: { from: join(from, name) } },
    artifacts: ['/work/out'],
    maxArtifacts: '16m',
    profile: 'hardened' as const, // files of strangers meet programs with bugs
    timeout: 30_000,
  }))
  for await (const { artifacts, status } of executor.runAll(tasks)) {
    const { files, refused } = await artifacts.extractTo(to, { from: '/work/out' })
    console.log(status, files.map(file => basename(file)).join(), refused.length)
  }
}

for (const name of (await readdir(to)).sort()) console.log(name, (await readFile(join(to, name), 'utf8')).trim())
await rm(work, { recursive: true })
