import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, startCli } from '../../support/cli.ts'
import { containersWith } from '../../support/engine/request.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'

const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
beforeAll(async () => void (await ensureTestImage()))
afterAll(() => rmSync(dir, { recursive: true }))

const run = (...args: string[]) => ['run', '--network', 'none', '--pull', 'never', ...args]
const sh = (script: string, ...options: string[]) => run(...options, testImage, 'sh', '-c', script)
const left = (id: string) => containersWith(`cookietin.id=${id}`)

test('runs a container and removes it', async () => {
  expect(await cli(run('--id', 'cli-echo', testImage, 'echo', 'hi'))).toEqual({ code: 0, stdout: 'hi\n', stderr: '' })
  expect(await left('cli-echo')).toEqual([])
})

test.each([
  ['exit 3', 3],
  ['exec /no/such/command', 127],
  ['exec /etc', 126],
])("exits with the container's code: %s", async (script, code) => {
  expect((await cli(sh(script))).code).toBe(code)
})

test('passes standard input and output byte for byte', async () => {
  const bytes = randomBytes(4 * 1024 * 1024)
  const { code, stdout } = await cli(run('-i', testImage, 'sha256sum'), { input: bytes })
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${createHash('sha256').update(bytes).digest('hex')}  -\n` })
})

test('passes the options of docker run to the engine', async () => {
  chmodSync(dir, 0o755)
  writeFileSync(join(dir, 'file'), 'mounted')
  const limits = ['-m', '64m', '--cpus', '0.5', '--pids-limit', '33', '--ulimit', 'nofile=99', '--tmpfs-size', '7']
  const script =
    'id -u; pwd; cat /data/file; echo; touch /data/x 2>&1 | grep -o Read-only; ulimit -n; df -m /tmp | tail -1; echo $A'
  const { code, stdout, stderr } = await cli(
    sh(script, ...limits, '-u', '1000', '-w', '/root/..', '-v', `${dir}:/data:ro`, '-e', 'A=a', '--rm'),
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^1000\n\/\nmounted\nRead-only\n99\ntmpfs +7 .* \/tmp\na\n$/)
})

test('--hardened removes root, the network and the writable file system', async () => {
  const { stdout } = await cli(run('--hardened', testImage, 'sh', '-c', 'id -u; touch /x; ip -o link | wc -l'))
  expect(stdout).toMatch(/^[1-9]\d*\n1\n$/)
})

test('exits with 124 on a timeout and leaves no container', async () => {
  const { code, stderr } = await cli(sh('sleep 60', '--timeout', '400ms', '--id', 'cli-late'))
  expect(code).toBe(124)
  expect(stderr).toContain('timeout of 400 ms')
  expect(await left('cli-late')).toEqual([])
})

test('reports that the kernel killed it for its memory, and exits with 137', async () => {
  const { code, stderr } = await cli(sh('tail /dev/zero', '-m', '16m'))
  expect(code).toBe(137)
  expect(stderr).toContain('out of memory')
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('on %s exits with %i and leaves no container', async (signal, code) => {
  const id = `cli-${signal.toLowerCase()}`
  const child = startCli(sh('echo up; exec sleep 60', '--id', id), { input: '' })
  await child.untilStdout('up')
  expect(await left(id)).toHaveLength(1)
  child.process.kill(signal)
  expect((await child.end).code).toBe(code)
  expect(await left(id)).toEqual([])
})

test('reports an unknown image in one message', async () => {
  const { code, stdout, stderr } = await cli(['run', '--pull', 'never', 'cookietin-test/none:at-all', 'true'])
  expect({ code, stdout }).toEqual({ code: 125, stdout: '' })
  expect(stderr).toContain('cookietin-test/none:at-all')
  expect(stderr).toContain('ERR_COOKIETIN_IMAGE_NOT_FOUND')
})

test('batch runs on the engine', async () => {
  const task = (n: number) => JSON.stringify({ image: testImage, command: ['echo', String(n)], disableNet: true })
  const { code, stdout } = await cli(['batch', '--json', '-q'], { input: [1, 2, 3].map(task).join('\n') })
  expect(code).toBe(0)
  const printed = stdout
    .trimEnd()
    .split('\n')
    .map(line => (JSON.parse(line) as { stdout: string }).stdout)
  expect(printed.sort()).toEqual(['1\n', '2\n', '3\n'])
})
