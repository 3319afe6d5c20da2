import { PassThrough } from 'node:stream'
import { firstValueFrom, take, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { DriverTransition } from '../../../../src/engines/docker/transitions.ts'
import type { DockerDriver } from '../../../../src/index.ts'
import { containersWith, engineRequest } from '../../../support/engine/request.ts'
import { setup, shell, until, untilWritten } from '../../setup.ts'

async function frozen(task: Parameters<typeof shell>[1] = {}, script = 'echo up; sleep 300') {
  const { driver, executor } = await setup({}, { freezer: 'cgroup' })
  const transitions: DriverTransition[] = []
  const { driverTransitions$ } = driver as DockerDriver
  driverTransitions$.subscribe(transition => transitions.push(transition))
  const run = executor.run(shell(script, task))
  await until(run, 'running')
  const [name = ''] = await containersWith(`cookietin.id=${run.id}`)
  const state = async () => {
    const { State } = (await engineRequest('GET', `/containers/${name}/json`)) as { State: Record<string, unknown> }
    return { status: State.Status, paused: State.Paused }
  }
  const byHand = (action: string) => engineRequest('POST', `/containers/${name}/${action}`)
  return { run, executor, state, byHand, transitions }
}

describe("a container that is frozen by its control group's file", () => {
  test('is a frozen cookie, of which the engine does not know; transitions name who freezes', async () => {
    const { run, state, transitions } = await frozen()
    await run.freeze()
    expect([run.state, await state()]).toEqual(['frozen', { status: 'running', paused: false }])
    await run.unfreeze()
    await run.freeze()
    const seen = transitions.filter(({ machine }) => machine === 'freezer')
    expect(seen).toMatchObject([{ id: run.id, from: 'wanted', to: 'cgroup', event: 'freeze' }])
    run.cancel()
    expect(await run).toMatchObject({ status: 'cancelled', exitCode: 137 })
  })

  test('is still sampled', async () => {
    const { run } = await frozen()
    await run.freeze()
    const samples = await firstValueFrom(run.stats$.pipe(take(3), toArray()))
    expect(samples.at(-1)?.metrics.cpu_total).toBe(0)
    run.cancel()
    await run
  })

  test('has a clock that stands', async () => {
    const { run } = await frozen({ timeout: 3_000 }, 'sleep 1; echo done')
    await run.freeze()
    await new Promise(resolve => setTimeout(resolve, 3_500))
    await run.unfreeze()
    expect(await run).toMatchObject({ status: 'success', stdout: 'done\n' })
  })

  test('is told apart from one that somebody has paused through the engine: its thaw undoes both', async () => {
    const input = new PassThrough()
    const { run, state, byHand } = await frozen({ input }, 'read line; echo "got $line"')
    await run.freeze()
    // The runtime refuses a second freeze.
    await expect(byHand('pause')).rejects.toThrow('500')
    await run.unfreeze()
    await byHand('pause')
    await run.freeze()
    expect(await state()).toEqual({ status: 'paused', paused: true })
    await run.unfreeze()
    expect(await state()).toEqual({ status: 'running', paused: false })
    input.end('x\n')
    expect((await run).stdout).toBe('got x\n')
  })

  test.each(['kill', 'stop?t=1'])('can be ended by somebody else (%s)', async action => {
    const { run, byHand } = await frozen()
    await run.freeze()
    await byHand(action)
    expect(await run).toMatchObject({ status: 'killed', exitCode: 137 })
  })

  test('is removed by a forced close of the executor', async () => {
    const { run, executor } = await frozen()
    await run.freeze()
    await executor.close({ force: true })
    expect((await run).status).toBe('cancelled')
    expect(await containersWith(`cookietin.id=${run.id}`)).toEqual([])
  })

  test('is asked to end after a thaw, and ends by itself', async () => {
    const script = 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done'
    const { run } = await frozen({ stopGrace: 5_000, thaw: true }, script)
    await untilWritten(run, 'up')
    await run.freeze()
    run.cancel()
    const { status, stdout } = await run
    expect([status, stdout]).toEqual(['cancelled', 'up\nbye\n'])
  })
})
