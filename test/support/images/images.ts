import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { engineRequest } from '../engine/request.ts'
import { tar } from './tar.ts'

/** The image of the tests: a static busybox with all its applets and `CMD ["sh"]`, made without a registry. */
export const testImage = 'cookietin-test/busybox:latest'

/**
 * Makes {@link testImage} from this machine's static busybox, and tags it `busybox:latest` if there is no such image.
 * Idempotent.
 */
export async function ensureTestImage(): Promise<string> {
  if (!(await exists(testImage))) await importTestImage()
  if (!(await exists('busybox:latest'))) {
    await engineRequest('POST', `/images/${testImage}/tag?repo=busybox&tag=latest`)
  }
  return testImage
}

async function importTestImage(): Promise<void> {
  const busybox = '/bin/busybox'
  const { stdout } = await promisify(execFile)(busybox, ['--list'])
  const applets = stdout.split('\n').filter(name => name !== '' && name !== 'busybox')
  const archive = await tar([
    { path: 'bin/busybox', mode: 0o755, data: await readFile(busybox) },
    ...applets.map(name => ({ path: `bin/${name}`, link: 'busybox' })),
    {
      path: 'etc/passwd',
      mode: 0o644,
      data: Buffer.from('root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/:/bin/sh\n'),
    },
    { path: 'etc/group', mode: 0o644, data: Buffer.from('root:x:0:\napp:x:1000:\n') },
    { path: 'tmp/', mode: 0o1777 },
    { path: 'root/', mode: 0o700 },
  ])
  const query = new URLSearchParams({ fromSrc: '-', repo: 'cookietin-test/busybox', tag: 'latest' })
  query.append('changes', 'CMD ["sh"]')
  query.append('changes', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
  await engineRequest('POST', `/images/create?${query}`, archive)
}

async function exists(image: string): Promise<boolean> {
  return await engineRequest('GET', `/images/${image}/json`).then(
    () => true,
    () => false,
  )
}
