import { engineRequest } from '../engine/request.ts'
import { compile } from './compile.ts'
import { tar } from './tar.ts'

/** The image of the attack list: its program, also as a set-uid program of root, and nothing else. */
export const probeImage = 'cookietin-test/probes:latest'

/** Makes {@link probeImage}. */
export async function makeProbeImage(): Promise<void> {
  const data = await compile(new URL('../../fixtures/security/probes.c', import.meta.url))
  const archive = await tar([
    { path: 'probes', mode: 0o755, data },
    { path: 'probes-setuid', mode: 0o4755, data },
    { path: 'etc/passwd', mode: 0o644, data: Buffer.from('root:x:0:0:root:/:/probes\n') },
    { path: 'tmp/', mode: 0o1777 },
  ])
  const query = new URLSearchParams({ fromSrc: '-', repo: 'cookietin-test/probes', tag: 'latest' })
  query.append('changes', 'CMD ["/probes"]')
  await engineRequest('POST', `/images/create?${query}`, archive)
}
