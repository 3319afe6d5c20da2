import { once } from 'node:events'
import { beforeAll, describe, expect, test } from 'vitest'
import { setup, until } from '../../engine/setup.ts'
import { cli, startCli } from '../../support/cli.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'

beforeAll(async () => void (await ensureTestImage()))

const sleeper = { image: testImage, command: ['sleep', '300'] }

const lines = (text: string) => text.trimEnd().split('\n')

describe('a run that is stopped', () => {
  test('ends by its signal, and its owner sees that it came from outside', async () => {
    const { executor } = await setup()
    const run = executor.run({ ...sleeper, id: 'stop-plain' })
    await until(run, 'running')
    expect(await cli(['stop', 'stop-pl'])).toMatchObject({ code: 0, stdout: 'stop-plain  ended\n', stderr: '' })
    const { status, exitCode, error } = await run
    expect([status, exitCode, error?.code, error?.retryable]).toEqual(['killed', 143, 'ERR_COOKIETIN_KILLED', true])
    expect(error?.message).toContain('the engine sent it a signal')
  })

  test('is killed when the time is up, and at once with a timeout of 0', async () => {
    const { executor } = await setup()
    const stubborn = { image: testImage, command: ['sh', '-c', 'trap "" TERM INT; echo up; while :; do sleep 1; done'] }
    const runs = ['slow', 'now', 'kill'].map(name => executor.run({ ...stubborn, id: `stop-${name}` }))
    await Promise.all(runs.map(run => once(run.stdout, 'data')))
    expect((await cli(['stop', 'stop-slow', '-s', 'int', '-t', '50ms'])).stdout).toBe('stop-slow  killed after 50 ms\n')
    const { stdout } = await cli(['stop', 'stop-now', '--timeout', '0', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ id: 'stop-now', outcome: 'killed' })
    expect((await cli(['stop', 'stop-kill', '-s', 'KILL'])).stdout).toBe('stop-kill  killed\n')
    for (const result of await Promise.all(runs)) expect([result.status, result.exitCode]).toEqual(['killed', 137])
  })

  test('takes the signal that is given, and may end well', async () => {
    const { executor } = await setup()
    const command = ['sh', '-c', 'trap "echo bye; exit 0" USR1; echo up; while :; do sleep 0.05; done']
    const run = executor.run({ image: testImage, command, id: 'stop-usr1' })
    await once(run.stdout, 'data')
    expect((await cli(['stop', 'stop-usr1', '--signal', 'USR1', '--timeout', '100d'])).code).toBe(0)
    expect(await run).toMatchObject({ status: 'success', exitCode: 0, stdout: 'up\nbye\n' })
  })

  test.each(['cgroup', 'engine'] as const)('ends also while it is frozen by the %s', async freezer => {
    const { executor } = await setup({}, { freezer })
    const id = `stop-frozen-${freezer}`
    const run = executor.run({ ...sleeper, id })
    await until(run, 'running')
    await run.freeze()
    expect(await cli(['stop', id])).toMatchObject({ code: 0, stdout: `${id}  ended\n` })
    expect(await run).toMatchObject({ status: 'killed', exitCode: 143 })
  })
})

describe('which runs', () => {
  test('all with these labels, and no others', async () => {
    const { executor } = await setup()
    const labels = [{ ci: '42', os: 'a' }, { ci: '42' }, { ci: '4' }]
    const runs = labels.map((labels, at) => executor.run({ ...sleeper, id: `stop-label-${at}`, labels }))
    await Promise.all(runs.map(run => until(run, 'running')))
    expect((await cli(['stop', '-l', 'ci=42', '-l', 'os=a'])).stdout).toBe('stop-label-0  ended\n')
    expect((await cli(['stop', '--label', 'ci=42'])).stdout).toBe('stop-label-1  ended\n')
    expect(runs[2]?.state).toBe('running')
    expect(await cli(['stop', '--label', 'ci=42'])).toMatchObject({ code: 0, stdout: '', stderr: 'no runs\n' })
  })

  test('none when one id is bad', async () => {
    const { executor } = await setup()
    const run = executor.run({ ...sleeper, id: 'stop-good' })
    await until(run, 'running')
    const { code, stdout, stderr } = await cli(['stop', 'stop-good', 'stop-goof-x'])
    expect([code, stdout]).toEqual([125, ''])
    expect(stderr).toContain('did you mean "stop-good"?')
    expect(run.state).toBe('running')
    expect((await cli(['stop', 'stop-good', '--all'])).code).toBe(125)
    expect((await cli(['stop'])).stderr).toContain('give ids, or --all, or --label')
    expect((await cli(['stop', 'stop-good', '-s', 'FOO'])).stderr).toContain(
      '--signal: "FOO" is not the name of a signal',
    )
  })

  test('no spare container and no namespace, but a run in a spare container', async () => {
    const spares = [{ image: testImage, size: 1 }]
    const { driver, executor } = await setup({}, { spares, preForkPoolSize: 1 })
    await new Promise<void>(resolve => driver.spares$.subscribe(({ ready }) => void (ready === 1 && resolve())))
    const listed = lines((await cli(['ps', '--json'])).stdout).map(line => JSON.parse(line) as Record<string, string>)
    const ofKind = (kind: string) => listed.find(listed => listed.kind === kind)
    const [spare, namespace] = [ofKind('spare'), ofKind('namespace')]
    expect((await cli(['stop', String(spare?.id)])).stderr).toContain('is no run, but a spare container')
    expect((await cli(['stop', String(namespace?.container)])).stderr).toContain('but a namespace of the prefork pool')
    const adopted = new Promise<void>(resolve =>
      driver.driverTransitions$.subscribe(({ to }) => void (to === 'adopted' && resolve())),
    )
    const run = executor.run({ ...sleeper, id: 'stop-adopted' })
    await Promise.all([adopted, until(run, 'running')])
    expect(await cli(['stop', String(spare?.container)])).toMatchObject({ code: 0, stdout: `${spare?.id}  ended\n` })
    expect(await run).toMatchObject({ status: 'killed', exitCode: 143 })
  })

  // On an engine that others use, it would stop their runs.
  test.skipIf(process.env.COOKIETIN_TEST_ENGINE_PID === undefined)('all of this machine', async () => {
    const { executor } = await setup()
    const run = executor.run({ ...sleeper, id: 'stop-all' })
    const other = startCli(['run', '--id', 'stop-all-other', testImage, 'sh', '-c', 'echo up; exec sleep 300'])
    await Promise.all([until(run, 'running'), other.untilStdout('up')])
    const { code, stdout } = await cli(['stop', '--all'])
    expect(code).toBe(0)
    expect(lines(stdout)).toEqual(expect.arrayContaining(['stop-all  ended', 'stop-all-other  ended']))
    expect((await other.end).code).toBe(143)
    expect((await run).exitCode).toBe(143)
  })
})
