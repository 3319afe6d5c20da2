// Builds the images of the three functions beside this file from what is at hand: no registry is asked, no Dockerfile needed.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import Docker from 'dockerode'
import { pack } from 'tar-stream'

const here = fileURLToPath(new URL('.', import.meta.url))
const docker = new Docker()

/** The files of an image by their paths in it. */
type Files = Record<string, Buffer>

/** The Node.js that runs this, with the libraries that it needs. */
function node(): Files {
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
  return Object.fromEntries([
    ['bin/node', readFileSync(process.execPath)],
    ...libraries.map(path => [path.slice(1), readFileSync(path)] as const),
  ])
}

function folder(path: string, into: string): Files {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(name =>
    statSync(join(path, name)).isFile(),
  )
  return Object.fromEntries(files.map(name => [`${into}/${name}`, readFileSync(join(path, name))]))
}

function compiled(): Files {
  const temp = mkdtempSync(join(tmpdir(), 'example-'))
  try {
    execFileSync('cc', ['-static', '-O2', '-D_GNU_SOURCE', '-o', join(temp, 'function'), join(here, 'static.c')])
    return { function: readFileSync(join(temp, 'function')) }
  } finally {
    rmSync(temp, { recursive: true })
  }
}

async function build(repo: string, command: string[], files: Files): Promise<void> {
  const before = await docker
    .getImage(repo)
    .inspect()
    .catch(() => undefined)
  const archive = pack()
  for (const [name, data] of Object.entries(files)) archive.entry({ name, mode: 0o755 }, data)
  archive.finalize()
  const changes = [`CMD ${JSON.stringify(command)}`, 'ENV PATH=/bin']
  const progress = await docker.importImage(archive as unknown as NodeJS.ReadableStream, {
    repo,
    tag: 'latest',
    changes,
  })
  await finished(progress.resume() as NodeJS.ReadableStream)
  // The one from before has lost its name to this one.
  if (before !== undefined)
    await docker
      .getImage(before.Id)
      .remove()
      .catch(() => {})
}

const source = (name: string) => ({ [`function/${name}`]: readFileSync(join(here, name)) })
const kit = () =>
  folder(fileURLToPath(new URL('../../node_modules/@fnproject/fdk', import.meta.url)), 'node_modules/@fnproject/fdk')

await build('example/node', ['node', '/function/node.mjs'], { ...node(), ...source('node.mjs') })
await build('example/fdk', ['node', '/function/fdk.cjs'], { ...node(), ...source('fdk.cjs'), ...kit() })
await build('example/static', ['/function'], compiled())
