import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { frameOf, newToken } from '../../../src/engines/docker/launcher/frame.ts'
import { MarkerFilter } from '../../../src/engines/docker/launcher/marker-filter.ts'
import { hasLauncher, readLauncher } from '../../../src/engines/docker/launcher/program.ts'
import { packageFile } from '../../../src/utils/package-file.ts'

test('there is a launcher for amd64 and arm64 only', async () => {
  for (const architecture of ['amd64', 'arm64']) {
    expect(hasLauncher(architecture)).toBe(true)
    expect((await readLauncher(architecture)).subarray(0, 4).toString('latin1')).toBe('\x7fELF')
  }
  expect(hasLauncher('riscv64')).toBe(false)
})

test('the programs in the package are those that its source gives', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cookietin-launcher-'))
  try {
    execFileSync(packageFile('native/build.sh') ?? '', [folder], { stdio: ['ignore', 'inherit', 'inherit'] })
    for (const architecture of ['amd64', 'arm64']) {
      const built = await readFile(join(folder, `launch-${architecture}`))
      expect([architecture, built.equals(await readLauncher(architecture))]).toEqual([architecture, true])
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}, 120_000)

test.each([
  ['amd64', []],
  ['arm64', ['qemu-aarch64-static']],
] as const)('the launcher for %s runs a task, and tells its exit', (architecture, emulator) => {
  const token = newToken()
  const command = ['sh', '-c', 'cat; pwd; echo "$A" >&2; exit 3'] as const
  const frame = frameOf({ argv: command, env: ['A=1'], workDir: '/tmp', hasInput: true, hasMemoryLimit: false }, token)
  const [program = '', ...args] = [...emulator, packageFile(`native/launch-${architecture}`) ?? '']
  // As the first process of a namespace: it ends every process that it may.
  const unshare = ['--pid', '--fork', '--mount-proc', '--kill-child', program, ...args]
  let status: unknown
  let [out, err]: Buffer[] = [Buffer.alloc(0), Buffer.alloc(0)]
  try {
    execFileSync('unshare', unshare, { input: Buffer.concat([frame, Buffer.from('input ')]), stdio: 'pipe' })
  } catch (error) {
    ;({ status, stdout: out, stderr: err } = error as { status: unknown; stdout: Buffer; stderr: Buffer })
  }
  const [stdout, stderr] = [new MarkerFilter(token), new MarkerFilter(token)]
  const said = [stdout.push(out?.subarray(2) ?? Buffer.alloc(0)), stderr.push(err ?? Buffer.alloc(0))].map(bytes =>
    Buffer.from(bytes).toString(),
  )
  expect([status, out?.subarray(0, 2).toString(), ...said]).toEqual([3, 'rt', 'input /tmp\n', '1\n'])
  expect([stdout.end?.exitCode, stderr.end?.exitCode]).toEqual([3, 3])
})
