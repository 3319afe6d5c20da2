import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createDockerDriver, createExecutor, type TaskFile } from '../../../src/index.ts'
import { engineSocket } from '../../support/engine/request.ts'
import { ensureTestImage } from '../../support/images/images.ts'
import { startSshd } from '../../support/servers/sshd.ts'
import { setup, shell } from '../setup.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ct-files-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

test('files of every kind are there at the start, and artifacts come back', async () => {
  const { executor } = await setup()
  const host = await folder()
  await mkdir(join(host, 'data/deep'), { recursive: true })
  await writeFile(join(host, 'data/deep/a.txt'), 'from the host')
  await symlink('deep/a.txt', join(host, 'data/link'))
  const script =
    'cat /app/x /app/b /app/data/link /s/once && ls -l /app/run.sh | cut -c1-10 && mkdir /out && cp -r /app/data /out && echo r > /report; exit 3'
  const { stdout, status, artifacts, timings } = await executor.run(
    shell(script, {
      files: {
        '/app/x': 'text\n',
        '/app/b': new Uint8Array([98, 10]),
        '/app/data': { from: join(host, 'data') },
        '/app/run.sh': { content: ['echo', ' hi'], mode: 0o755 },
        '/s/once': Readable.from(['\n', 'once', '\n']),
      },
      artifacts: ['/out', '/report', '/nope'],
    }),
  )
  expect([status, stdout]).toEqual(['error', 'text\nb\nfrom the host\nonce\n-rwxr-xr-x\n'])
  expect([artifacts.missing, artifacts.truncated, artifacts.error]).toEqual([['/nope'], false, undefined])
  expect(artifacts.refused).toEqual([{ path: '/out/data/link', reason: 'symbolic link to deep/a.txt' }])
  expect(timings.collecting).toBeGreaterThan(0)
  const { files } = await artifacts.extractTo(join(host, 'results'))
  expect(files).toEqual([join(host, 'results/out/data/deep/a.txt'), join(host, 'results/report')])
  expect(await readFile(join(host, 'results/out/data/deep/a.txt'), 'utf8')).toBe('from the host')
})

test('a hardened program and one of a named user can read their files and write beside them', async () => {
  const { executor } = await setup()
  const files = { '/app/src/in': { content: 'in', mode: 0o600 } }
  const script = 'cat /app/src/in && echo out > /app/out && echo more > /app/src/more && id -u'
  const users = { hardened: { profile: 'hardened' }, named: { user: 'app' }, numeric: { user: '7:8' } } as const
  for (const task of Object.values(users)) {
    const { stdout, stderr, artifacts } = await executor.run(shell(script, { files, artifacts: ['/app'], ...task }))
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^in(65532|1000|7)\n$/), ''])
    const paths = []
    for await (const { path } of artifacts) paths.push(path)
    expect(paths).toEqual(['/app', '/app/out', '/app/src', '/app/src/in', '/app/src/more'])
  }
  const refused = executor.run(
    shell('true', { profile: 'hardened', files: { '/tmp/x': '', '/z': '' }, artifacts: ['/tmp/y'] }),
  )
  await expect(refused).rejects.toThrow(/files\["\/tmp\/x"\].*tmpfs[\s\S]*"\/z".*read-only[\s\S]*artifacts\[0\].*tmpfs/)
})

test('what a hostile container leaves is refused by name, or bounded', async () => {
  const { executor } = await setup()
  const script = `mkdir /o && cd /o && ln -s /etc/passwd l && ln -s / root && echo x > f && ln f h && mkfifo p &&
    truncate -s 1099511627776 z && mkdir d && cd d && seq 1 3000 | xargs touch`
  const task = { artifacts: ['/o'], maxArtifactEntries: 100 }
  const { artifacts } = await executor.run(shell(script, task))
  expect(artifacts.truncated).toBe(true)
  expect(artifacts.toJSON()?.entries.length).toBe(100)
  const all = await executor.run(shell(script, { artifacts: ['/o/l', '/o/root', '/o/z', '/o/p', '/o/f'] }))
  expect(all.artifacts.refused).toEqual([
    { path: '/o/l', reason: 'symbolic link to /etc/passwd' },
    { path: '/o/root', reason: 'symbolic link to /' },
    { path: '/o/z', reason: 'its 1099511627776 bytes do not fit into maxArtifacts (67108864)' },
    { path: '/o/p', reason: 'named pipe' },
  ])
  expect([all.status, all.artifacts.truncated]).toEqual(['success', true])
})

test('a thousand files and one large file come back with equal hashes, locally and through tcp', async () => {
  const host = await folder()
  const size = Number(process.env.FILES_SIZE ?? 64 * 1024 * 1024)
  const block = Buffer.alloc(1024 * 1024, 'cookietin')
  await pipeline(
    function* () {
      for (let at = 0; at < size; at += block.length)
        yield Buffer.concat([Buffer.from(`${at}`.padStart(16)), block.subarray(16)])
    },
    createWriteStream(join(host, 'large')),
  )
  await mkdir(join(host, 'small'))
  for (let index = 0; index < 1000; index++) await writeFile(join(host, 'small', `${index}`), `file ${index}`)
  const proxy = createServer(socket => {
    const engine = connect(engineSocket())
    socket
      .on('error', () => engine.destroy())
      .pipe(engine)
      .on('error', () => socket.destroy())
      .pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as { port: number }
  for (const docker of [undefined, `tcp://127.0.0.1:${port}`]) {
    const { executor, driver } = await setup({}, docker === undefined ? {} : { docker })
    const before = process.memoryUsage.rss()
    const start = performance.now()
    const { artifacts, error } = await executor.run(
      shell('true', {
        files: { '/in/large': { from: join(host, 'large') }, '/in/small': { from: join(host, 'small') } },
        artifacts: ['/in'],
        maxArtifacts: size + 1024 * 1024,
        artifactsTimeout: 120_000,
      }),
    )
    expect(error).toBeUndefined()
    await artifacts.extractTo(join(host, `out${docker === undefined ? '' : '-tcp'}`))
    if (process.env.FILES_SIZE)
      console.log(docker, performance.now() - start, 'ms', (process.memoryUsage.rss() - before) / 2 ** 20, 'MiB')
    await artifacts[Symbol.asyncDispose]()
    await executor.close()
    await driver.close()
  }
  proxy.close()
  const hash = await hashOf(createReadStream(join(host, 'large')))
  for (const out of ['out', 'out-tcp']) {
    expect(await hashOf(createReadStream(join(host, out, 'in/large')))).toBe(hash)
    expect((await readdir(join(host, out, 'in/small'))).length).toBe(1000)
    expect(await readFile(join(host, out, 'in/small/999'), 'utf8')).toBe('file 999')
  }
})

test('files go in and artifacts come out through ssh', async () => {
  await ensureTestImage()
  await using sshd = await startSshd()
  const usual = process.env.DOCKER_HOST
  process.env.DOCKER_HOST = `ssh://${sshd.user}@127.0.0.1:${sshd.port}${engineSocket()}`
  const driver = await createDockerDriver({ sshCommand: sshd.command }).finally(() => {
    process.env.DOCKER_HOST = usual
  })
  const executor = createExecutor({ driver })
  const bytes = Buffer.alloc(3_000_000, 'through ssh ')
  const files = { '/in/bytes': new Uint8Array(bytes), '/in/text': 'text' }
  const { status, artifacts } = await executor.run(shell('cp -r /in /out', { files, artifacts: ['/out'] }))
  const found = new Map<string, Buffer>()
  for await (const { path, content } of artifacts) found.set(path, Buffer.concat(await Array.fromAsync(content)))
  expect([status, found.get('/out/text')?.toString(), found.get('/out/bytes')?.equals(bytes)]).toEqual([
    'success',
    'text',
    true,
  ])
  await executor.close()
  await driver.close()
})

test('a source that fails and a cancel during the upload end the run, and leave nothing', async () => {
  const { executor } = await setup()
  async function* failing() {
    yield 'a'
    throw new Error('no more')
  }
  const failed = executor.run(shell('true', { files: { '/x': failing() } }))
  await expect(failed).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_FILES_FAILED',
    message: expect.stringContaining('no more'),
  })
  const missing = executor.run(shell('true', { files: { '/x': { from: '/no/such' } } }))
  await expect(missing).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_FILES_FAILED',
    message: expect.stringContaining('/no/such'),
  })
  let cancel = () => {}
  const endless = {
    async *[Symbol.asyncIterator]() {
      for (let index = 0; ; index++) {
        if (index === 20) cancel()
        yield new Uint8Array(65_536)
      }
    },
  }
  const execution = executor.run(shell('true', { files: { '/x': endless } }))
  cancel = () => execution.cancel('enough')
  expect((await execution).status).toBe('cancelled')
})

test('an upload that is cut is repeated where it can be, and a stream that hangs delays no cancel', async () => {
  let cuts = 1
  const proxy = createServer(socket => {
    const engine = connect(engineSocket())
    socket.on('error', () => engine.destroy()).pipe(engine)
    engine.on('error', () => socket.destroy()).pipe(socket)
    socket.on('data', chunk => {
      if (cuts > 0 && chunk.includes('/archive?path')) {
        cuts--
        socket.destroy()
        engine.destroy()
      }
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void proxy.close())
  await once(proxy, 'listening')
  const { port } = proxy.address() as { port: number }
  const { executor } = await setup({}, { docker: `tcp://127.0.0.1:${port}` })
  const read = (content: TaskFile) => executor.run(shell('cat /a/x', { files: { '/a/x': content } }))
  expect((await read('again')).stdout).toBe('again')
  cuts = 1
  await expect(read(Readable.from(['once']))).rejects.toMatchObject({ retryable: true })
  const stream = new Readable({ read: () => hanging.cancel() })
  const hanging = read(stream)
  expect((await hanging).status).toBe('cancelled')
  expect(stream.destroyed).toBe(true)
})
