import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { createDriver } from '../../../../src/driver/engine-driver.ts'
import { createMockDriver, type MockRun } from '../../../../src/driver/testing.ts'
import { createMockEngine } from '../../../../src/engines/mock/engine.ts'
import { createExecutor, createProcessDriver } from '../../../../src/index.ts'
import { checkLeaks } from '../../../support/leaks/hooks.ts'

checkLeaks()

const executorOn = (run: MockRun) => {
  const driver = createMockDriver(run)
  const executor = createExecutor({ driver })
  onTestFinished(async () => {
    await executor.close({ force: true })
    expect(driver.remaining).toEqual([])
    await driver.close()
  })
  return { driver, executor }
}
const task = { image: 'x', files: { '/a/in': 'text' }, artifacts: ['/a'] }

test('files come back as artifacts, and a task without either makes no such call', async () => {
  const { driver, executor } = executorOn({ artifacts: { '/a/out': 'made' } })
  const { artifacts } = await executor.run(task)
  const paths = (await Array.fromAsync(artifacts)).map(({ path }) => path)
  expect(paths).toEqual(['/a', '/a/in', '/a/out'])
  const calls = () => driver.calls.map(({ call }) => call)
  expect(calls()).toEqual(['prepare', 'copyIn', 'start', 'copyOut', 'remove'])
  const plain = await executor.run({ image: 'x' })
  expect([plain.timings.collecting, JSON.parse(JSON.stringify(plain)).artifacts]).toEqual([undefined, undefined])
  await executor.onIdle()
  expect(calls().slice(5)).toEqual(['prepare', 'start', 'remove'])
})

test('artifacts that cannot be copied turn a success into an error, and nothing else', async () => {
  const failing = { copyOutError: new Error('no disk') }
  const success = await executorOn(failing).executor.run(task)
  expect(success).toMatchObject({ status: 'error', exitCode: 0, error: { code: 'ERR_COOKIETIN_ARTIFACTS_FAILED' } })
  await expect(success.artifacts.extractTo('/tmp')).rejects.toBe(success.error)
  const failed = await executorOn({ ...failing, exitCode: 3 }).executor.run(task)
  expect(failed.error?.code).toBe('ERR_COOKIETIN_EXIT_NONZERO')
  expect(failed.artifacts.error?.message).toMatch(/no disk/)
})

test('a cancel and the time limit end the copying', async () => {
  const { executor } = executorOn({ hangOn: 'copyOut' })
  const cancelled = executor.run(task)
  cancelled.state$.subscribe(state => state === 'collecting' && cancelled.cancel('enough'))
  expect((await cancelled).artifacts.error?.message).toMatch(/cancelled.*enough/)
  const late = await executor.run({ ...task, artifactsTimeout: 20 })
  expect(late.error?.message).toMatch(/longer than artifactsTimeout \(20 ms\)/)
})

test('a stream that was not read is released, and one that failed before fails the run', async () => {
  const unread = Readable.from(['a'])
  const { executor } = executorOn({ prepareError: new Error('no image') })
  await executor.run({ image: 'x', files: { '/a': unread } }).catch(() => {})
  expect(unread.destroyed).toBe(true)
  const broken = new Readable({ read: () => {} })
  const run = executorOn({}).executor.run({ image: 'x', files: { '/a': broken } })
  broken.destroy(new Error('gone'))
  await expect(run).rejects.toMatchObject({ code: 'ERR_COOKIETIN_FILES_FAILED' })
})

test('a cancel releases a stream that is waited for', async () => {
  const { executor } = executorOn({})
  const stream = new Readable({ read: () => run.cancel() })
  const run = executor.run({ image: 'x', files: { '/a': stream } })
  expect((await run).status).toBe('cancelled')
  expect(stream.destroyed).toBe(true)
})

test('an engine that cannot copy refuses both fields, and a function refuses what it cannot keep', async () => {
  const engine = createMockEngine({})
  const driver = createDriver({
    ...engine,
    container: given => Object.assign(engine.container(given), { copyIn: undefined, copyOut: undefined }),
  })
  const executor = createExecutor({ driver })
  await expect(executor.run(task)).rejects.toThrow(/files: .*'mock' cannot copy[\s\S]*artifacts: /)
  expect((await executor.run({ image: 'x' })).status).toBe('success')
  const spec = { image: 'x', files: { '/a': Readable.from(['a']) }, artifacts: ['/a'] }
  expect(() => executor.function(spec as object as { image: string })).toThrow(/artifacts: [\s\S]*files: /)
  await executor.close()
  await driver.close()
})

test('the process driver keeps the files of a task in a folder of its own, and follows no link out of it', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'ct-root-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  await using driver = await createProcessDriver()
  await using executor = createExecutor({ driver })
  const before = process.env.TMPDIR
  process.env.TMPDIR = parent
  const { stdout, artifacts } = await executor.run({
    ...{ image: 'x', workDir: '/w', files: { '/w/in': 'text' }, artifacts: ['/w', '/w/etc/passwd', '/w/e2/passwd'] },
    command: ['sh', '-c', 'cat in && echo out > out && ln -s /etc e2 && ln -s /etc/passwd p'],
  })
  await executor.onIdle()
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  expect(stdout).toBe('text')
  expect(artifacts.toJSON()?.entries.map(({ path }) => path)).toEqual(['/w', '/w/in', '/w/out'])
  expect(artifacts.refused.map(({ path }) => path)).toEqual(['/w/e2', '/w/p'])
  expect(await readdir(parent)).toEqual([])
})
