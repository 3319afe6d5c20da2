import { once } from 'node:events'
import { link, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkMountSources } from '../../../../../src/engines/docker/create-options/mount-sources.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cookietin-test-'))
  await mkdir(join(folder, 'real'))
  const links = {
    real: { 'to-etc': '/etc', 'up-and-down': `${'../'.repeat(20)}etc/ssl` },
    // There is no such engine: a link may exist before its socket.
    '.': {
      dangling: '/run/cookietin-nowhere/docker.sock',
      'over-two': 'dangling',
      'over-a-folder': 'real',
      circle: 'circle',
      nowhere: 'nothing/at/all',
    },
  }
  for (const [at, those] of Object.entries(links)) {
    for (const [name, target] of Object.entries(those)) await symlink(target, join(folder, at, name))
  }
})
afterAll(() => rm(folder, { recursive: true }))

const check = (source: string, { local = true, allowDangerousMounts = false } = {}) => {
  const task = resolveTask({ image: 'x', volumes: [[join(folder, source), '/x']] })
  return checkMountSources(task, { local, allowDangerousMounts })
}

describe('links in mount sources', () => {
  test.each([
    ['real/to-etc', '/etc'],
    ['real/to-etc/ssl', '/etc/ssl'],
    ['real/to-etc/not-there/at-all', '/etc/not-there/at-all'],
    ['real/up-and-down', '/etc/ssl'],
    ['over-a-folder/to-etc', '/etc'],
    ['dangling', '/run/cookietin-nowhere/docker.sock'],
    ['over-two', '/run/cookietin-nowhere/docker.sock'],
  ])('%s is rejected', async (source, real) => {
    await expect(check(source)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_TASK',
      message: expect.stringContaining(`it is a path that leads to ${real}, which is`),
    })
    await expect(check(source, { allowDangerousMounts: true })).resolves.toBeUndefined()
    await expect(check(source, { local: false })).resolves.toBeUndefined()
  })

  test.each(['real', 'over-a-folder', 'circle', 'nowhere', 'not-there/at-all'])(
    '%s is left to the engine',
    async source => {
      await expect(check(source)).resolves.toBeUndefined()
    },
  )
})

test("the engine's own socket is rejected, whatever its name: also a link, a hard link, and a folder that holds it", async () => {
  await mkdir(join(folder, 'engine/run'), { recursive: true })
  await mkdir(join(folder, 'engine/beside'))
  const engineSocket = join(folder, 'engine/run/d.s')
  const server = createServer().listen(engineSocket)
  await once(server, 'listening')
  await symlink(engineSocket, join(folder, 'engine/beside/link'))
  await link(engineSocket, join(folder, 'engine/beside/hard'))
  const look = async (source: string, allowDangerousMounts = false) => {
    const task = resolveTask({ image: 'x', volumes: [[join(folder, source), '/x', 'ro']] })
    await checkMountSources(task, { local: true, engineSocket, allowDangerousMounts })
  }
  for (const source of ['engine/run/d.s', 'engine/run', 'engine', 'engine/beside/link', 'engine/beside/hard']) {
    await expect(look(source), source).rejects.toThrow("the engine's own socket, which gives root on the host")
    await expect(look(source, true)).resolves.toBeUndefined()
  }
  await expect(look('engine/beside')).resolves.toBeUndefined()
  server.close()
  await once(server, 'close')
})
