import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { Api } from '../../src/engines/docker/connection/api.ts'
import { tar } from '../../test/support/images/tar.ts'

export const demoImage = 'cookietin-demo:latest'

const applets = ['cat', 'echo', 'env', 'head', 'sh', 'sleep', 'sort', 'true', 'wc', 'yes']
const deadline = 60_000

export async function hasImage(api: Api, image: string): Promise<boolean> {
  const call = { doing: `look for image ${image}`, method: 'GET', path: `/images/${image}/json`, deadline } as const
  return await api.request(call).then(
    () => true,
    () => false,
  )
}

/** The path of this machine's busybox, if it is static and so can run in a container. */
export async function findStaticBusybox(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v busybox'])
    const path = stdout.trim()
    // A dynamic program has its loader's path near its beginning.
    const head = (await readFile(path)).subarray(0, 4096).toString('latin1')
    return head.startsWith('\u007fELF') && !/\/lib\S*\/ld-/.test(head) ? path : undefined
  } catch {
    return undefined
  }
}

export async function importImage(api: Api, busybox: string): Promise<void> {
  const archive = await tar([
    { path: 'bin/busybox', mode: 0o755, data: await readFile(busybox) },
    ...applets.map(name => ({ path: `bin/${name}`, link: 'busybox' })),
    { path: 'tmp/', mode: 0o1777 },
  ])
  const [repo = '', tag = ''] = demoImage.split(':')
  await api.request({
    doing: `make image ${demoImage}`,
    method: 'POST',
    path: '/images/create',
    query: { fromSrc: '-', repo, tag },
    headers: { 'Content-Type': 'application/x-tar' },
    file: Readable.from([archive]),
    text: true,
    deadline,
  })
}

export async function removeImage(api: Api): Promise<void> {
  await api.request({ doing: `remove image ${demoImage}`, method: 'DELETE', path: `/images/${demoImage}`, deadline })
}
