import type * as fs from 'node:fs'
import { expect, it, vi } from 'vitest'
import type { Endpoint } from '../../../../../src/engines/docker/connection/endpoint.ts'
import { SshTunnel } from '../../../../../src/engines/docker/connection/ssh-tunnel.ts'

const lack = Object.assign(new Error('EMFILE: too many open files, watch'), { code: 'EMFILE' })

vi.mock('node:fs', async original => ({
  ...(await original<typeof fs>()),
  watch: () => {
    throw lack
  },
}))

it.each(['true', '/no/such/program'])(
  'a tunnel by %s whose socket cannot be watched is an error that may pass',
  async command => {
    const at = { kind: 'ssh', destination: 'host', port: '', remotePath: '/var/run/docker.sock' }
    const tunnel = new SshTunnel({ at, url: 'ssh://host', source: 'test' } as unknown as Endpoint, command, 10_000)
    await expect(tunnel.open()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_TOO_MANY_FILES',
      message: 'Could not open an ssh tunnel to ssh://host: EMFILE: too many open files, watch',
      retryable: true,
      cause: lack,
    })
    await tunnel.close()
  },
)
