import { afterAll, describe, expect, it } from 'vitest'
import { longestDelay } from '../../machines/clock.ts'
import { cookieMachine } from '../../machines/cookie.ts'
import { type CookieState, cookieStates, settledStates } from '../../machines/cookie-states.ts'
import type { CookieEvent } from '../../machines/types/cookie.ts'
import { type CookieSetup, reach } from './cookie-setup.ts'
import { TransitionCoverage } from './transition-coverage.ts'

const coverage = new TransitionCoverage()

/** As {@link reach}, and counts the transitions that the test takes. */
const start = (state: CookieState, input?: Parameters<typeof reach>[1]): Promise<CookieSetup> =>
  reach(state, input, coverage.inspect)

const exitOf = (exitCode: number, oomKilled = false, killedOutside?: string): CookieEvent => ({
  type: 'exited',
  exit: { exitCode, oomKilled, outputTruncated: false, killedOutside },
})
const lost: CookieEvent = { type: 'lost', error: new Error('engine lost') }
const broken: CookieEvent = { type: 'broken', error: new Error('input broke') }
const asked = ['prepare', 'run', 'freeze', 'unfreeze', 'cancel', 'kill', 'close'] as const

/** Where each request leads from each state; a request that is not listed is refused. */
const answers: Record<CookieState, Partial<Record<(typeof asked)[number], CookieState>>> = {
  created: { prepare: 'preparing', cancel: 'cancelled', kill: 'killed', close: 'cancelled' },
  preparing: { cancel: 'cancelled', kill: 'killed', close: 'cancelled' },
  prepared: { run: 'starting', cancel: 'cancelled', kill: 'killed', close: 'cancelled' },
  starting: { cancel: 'stopping', kill: 'stopping', close: 'stopping' },
  running: { freeze: 'freezing', cancel: 'stopping', kill: 'stopping', close: 'stopping' },
  freezing: { freeze: 'freezing', unfreeze: 'freezing', cancel: 'stopping', kill: 'stopping', close: 'stopping' },
  frozen: { unfreeze: 'unfreezing', cancel: 'stopping', kill: 'stopping', close: 'stopping' },
  unfreezing: { freeze: 'unfreezing', unfreeze: 'unfreezing', cancel: 'stopping', kill: 'stopping', close: 'stopping' },
  terminating: { cancel: 'stopping', kill: 'stopping', close: 'terminating' },
  stopping: { close: 'stopping' },
  collecting: { cancel: 'done', kill: 'done', close: 'done' },
  done: { close: 'closing' },
  timeout: { close: 'closing' },
  killed: { close: 'closing' },
  cancelled: { close: 'closing' },
  failed: { close: 'closing' },
  closing: {},
  closed: {},
}

const alive = ['starting', 'running', 'freezing', 'frozen', 'unfreezing'] as const

describe('every state answers every request', () => {
  for (const state of cookieStates) {
    for (const type of asked) {
      const target = answers[state][type]
      it(`${type} in ${state} ${target === undefined ? 'is refused' : `leads to ${target}`}`, async () => {
        const cookie = await start(state, { timeout: 1_000 })
        const event = { type } as CookieEvent
        expect(cookie.actor.getSnapshot().can(event)).toBe(target !== undefined)
        if (state !== 'closed') cookie.send(event)
        expect(cookie.state).toBe(target ?? state)
      })
    }
  }
})

describe('collecting', () => {
  const wants = { artifactsTimeout: 500, timeout: 1_000 }

  it('ends when the artifacts are copied, fail or take too long, and keeps the first cause', async () => {
    const taken = await (await start('collecting')).answer('collect')
    expect([taken.state, taken.context.artifacts]).toEqual(['done', 'taken'])
    const failed = await (await start('collecting')).answer('collect', new Error('no disk'))
    expect([failed.state, failed.context.artifacts, failed.context.cause]).toEqual(['done', 'failed', 'exit'])
    const late = await start('collecting')
    late.clock.increment(500)
    expect([late.state, late.context.artifacts]).toEqual(['done', 'late'])
    expect(late.pending('collect').signal.aborted).toBe(true)
    const closed = (await start('collecting')).send('close')
    closed.clock.increment(0)
    expect([closed.state, closed.context.artifacts, closed.context.cause]).toEqual(['closing', 'stopped', 'exit'])
  })

  it('follows a timeout, and neither a cancel nor a kill nor a close', async () => {
    const late = await start('running', wants)
    late.clock.increment(1_000)
    expect(late.send(exitOf(137)).state).toBe('collecting')
    expect((await late.answer('collect')).state).toBe('timeout')
    for (const type of ['cancel', 'kill', 'close'] as const) {
      const ended = (await start('running', wants)).send(type).send(exitOf(137))
      expect([ended.context.artifacts, ended.calls.includes('collect')]).toEqual(['wanted', false])
    }
  })
})

describe('the first cause decides', () => {
  for (const state of alive) {
    it(`an exit seen while ${state} settles it by its exit`, async () => {
      const success = (await start(state)).send('exitSeen')
      expect([success.state, success.context.cause]).toEqual([state, 'exit'])
      expect(success.send(exitOf(0)).state).toBe('done')
      expect((await start(state)).send(exitOf(3)).state).toBe('done')
      expect((await start(state)).send(exitOf(0, true)).state).toBe('done')
      expect((await start(state)).send(exitOf(5, true)).state).toBe('killed')
      expect((await start(state)).send(exitOf(137)).state).toBe('killed')
      expect((await start(state)).send(exitOf(143, false, 'docker stop')).state).toBe('killed')
      expect((await start(state)).send(exitOf(143)).state).toBe('done')
    })

    it(`an output that is too large while ${state} kills it, unless its exit was seen`, async () => {
      const cookie = (await start(state)).send('overflow')
      expect([cookie.state, cookie.context.cause]).toEqual(['stopping', 'overflow'])
      expect((await cookie.answer('kill')).send(exitOf(137)).state).toBe('killed')
      const exited = (await start(state)).send('exitSeen').send('overflow')
      expect(exited.send(exitOf(0)).state).toBe('done')
    })

    it(`a lost engine while ${state} is a failure, even after an exit was seen`, async () => {
      expect((await start(state)).send(lost).state).toBe('failed')
      expect((await start(state)).send('exitSeen').send(lost).state).toBe('failed')
    })

    it(`a broken input while ${state} stops the container and is a failure`, async () => {
      const cookie = (await start(state)).send(broken)
      expect([cookie.state, cookie.calls.at(-1)]).toEqual(['stopping', 'kill'])
      expect(cookie.send(exitOf(137)).state).toBe('failed')
      expect(cookie.context.error).toBe('error' in broken && broken.error)
    })

    it(`a cancel while ${state} is recorded before the kill, and its exit code does not change it`, async () => {
      const cookie = (await start(state)).send({ type: 'cancel', reason: 'enough' })
      expect(cookie.calls.at(-1)).toBe('kill')
      expect([cookie.context.cause, cookie.context.reason]).toEqual(['cancelled', 'enough'])
      expect(cookie.send(exitOf(0)).state).toBe('cancelled')
      expect(cookie.context.exit?.exitCode).toBe(0)
    })

    it(`a kill while ${state} ends as killed`, async () => {
      const cookie = (await start(state)).send('kill')
      expect((await cookie.answer('kill')).send(exitOf(137)).state).toBe('killed')
    })
  }

  it('a cancel after a seen exit does not change the cause', async () => {
    const cookie = (await start('running')).send('exitSeen').send('cancel')
    expect(cookie.state).toBe('stopping')
    expect(cookie.send(exitOf(0)).state).toBe('done')
  })

  it('an engine lost after a timeout does not change the cause', async () => {
    const cookie = await start('running', { timeout: 1_000 })
    cookie.clock.increment(1_000)
    expect(cookie.send(lost).state).toBe('timeout')
  })

  it('a start that fails is a failure', async () => {
    const cookie = await (await start('starting')).answer('start', new Error('no such user'))
    expect(cookie.state).toBe('failed')
    expect(cookie.context.error).toEqual(new Error('no such user'))
  })

  it('a cancel while preparing aborts the preparation', async () => {
    const cookie = await start('preparing')
    const { signal } = cookie.pending('prepare')
    expect(cookie.send('cancel').state).toBe('cancelled')
    expect(signal.aborted).toBe(true)
  })
})

describe('the timeout', () => {
  it('ends a run at its timeout, to the millisecond', async () => {
    const cookie = await start('running', { timeout: 1_000 })
    cookie.clock.increment(999)
    expect(cookie.state).toBe('running')
    cookie.clock.increment(1)
    expect([cookie.state, cookie.context.cause, cookie.calls.at(-1)]).toEqual(['stopping', 'timeout', 'kill'])
    expect(cookie.send(exitOf(0)).state).toBe('timeout')
  })

  it('stands still while the cookie is frozen', async () => {
    const cookie = await start('running', { timeout: 1_000 })
    cookie.clock.increment(600)
    await cookie.send('freeze').answer('pause')
    cookie.clock.increment(1_000_000)
    expect(cookie.state).toBe('frozen')
    await cookie.send('unfreeze').answer('unpause')
    cookie.clock.increment(399)
    expect(cookie.state).toBe('running')
    cookie.clock.increment(1)
    expect(cookie.state).toBe('stopping')
  })

  it('counts during a freeze, since the container still runs', async () => {
    const cookie = await start('freezing', { timeout: 1_000 })
    cookie.clock.increment(1_000)
    expect([cookie.state, cookie.context.cause]).toEqual(['stopping', 'timeout'])
  })

  it('does not count the start', async () => {
    const cookie = await start('starting', { timeout: 1_000 })
    cookie.clock.increment(1_000_000)
    await cookie.answer('start')
    cookie.clock.increment(999)
    expect(cookie.state).toBe('running')
  })

  it('does not decide the end once an exit was seen', async () => {
    const cookie = (await start('running', { timeout: 1_000 })).send('exitSeen')
    cookie.clock.increment(10_000)
    expect(cookie.state).toBe('running')
    expect(cookie.send(exitOf(0)).state).toBe('done')
  })

  it('may be longer than the longest timer', async () => {
    const cookie = await start('running', { timeout: longestDelay + 1_000 })
    cookie.clock.increment(longestDelay)
    expect(cookie.state).toBe('running')
    cookie.clock.increment(999)
    expect(cookie.state).toBe('running')
    cookie.clock.increment(1)
    expect(cookie.state).toBe('stopping')
  })

  it('never ends a run without a timeout', async () => {
    const cookie = await start('running')
    for (let turn = 0; turn < 4; turn += 1) cookie.clock.increment(longestDelay)
    expect(cookie.state).toBe('running')
  })

  it('settles after the grace when no exit follows the kill', async () => {
    const cookie = await start('running', { timeout: 1_000, grace: 500 })
    cookie.clock.increment(1_000)
    await cookie.answer('kill', new Error('the engine hangs'))
    cookie.clock.increment(499)
    expect(cookie.state).toBe('stopping')
    cookie.clock.increment(1)
    expect([cookie.state, cookie.context.exit]).toEqual(['timeout', undefined])
  })
})

describe('a grace', () => {
  const grace = { timeout: 1_000, stopGrace: 300 }
  const ways = {
    timeout: cookie => cookie.clock.increment(1_000),
    cancelled: cookie => cookie.send('cancel'),
    killed: cookie => cookie.send('overflow'),
  } satisfies Record<string, (cookie: CookieSetup) => unknown>

  for (const [status, end] of Object.entries(ways)) {
    it(`asks the program to end before ${status}, and keeps the cause whatever its exit code`, async () => {
      const cookie = await start('running', grace)
      end(cookie)
      expect([cookie.state, cookie.calls.at(-1)]).toEqual(['terminating', 'terminate'])
      await cookie.answer('terminate')
      expect(cookie.send('exitSeen').state).toBe('terminating')
      expect(cookie.send(exitOf(0)).state).toBe(status)
      expect(cookie.context.exit?.exitCode).toBe(0)
    })

    it(`is followed by a kill before ${status}, to the millisecond`, async () => {
      const cookie = await start('running', grace)
      end(cookie)
      await cookie.answer('terminate')
      cookie.clock.increment(299)
      expect(cookie.state).toBe('terminating')
      cookie.clock.increment(1)
      expect([cookie.state, cookie.calls.at(-1)]).toEqual(['stopping', 'kill'])
      expect(cookie.send(exitOf(137)).state).toBe(status)
    })
  }

  it('holds for a run that is starting, and for a close', async () => {
    for (const [state, event] of [
      ['starting', 'cancel'],
      ['running', 'close'],
      ['unfreezing', 'cancel'],
    ] as const) {
      const cookie = (await start(state, grace)).send(event)
      expect([cookie.state, cookie.context.mayBeFrozen]).toEqual(['terminating', false])
    }
  })

  it('is not given to what is frozen, unless it is thawed for it', async () => {
    for (const state of ['freezing', 'frozen'] as const) {
      for (const event of ['cancel', 'overflow', 'close'] as const) {
        expect((await start(state, grace)).send(event).state).toBe('stopping')
        const thawed = (await start(state, { ...grace, thaw: true })).send(event)
        expect([thawed.state, thawed.context.mayBeFrozen]).toEqual(['terminating', true])
      }
    }
    const asked = (await start('frozen')).send({ type: 'cancel', stopGrace: 5, thaw: true, stopSignal: 'SIGINT' })
    expect([asked.state, asked.context.stopSignal]).toEqual(['terminating', 'SIGINT'])
  })

  it('is not given after a failed thaw that has left it frozen', async () => {
    const cookie = await (await start('unfreezing', grace)).answer('unpause', new Error('no'))
    expect(cookie.send('cancel').state).toBe('stopping')
  })

  it('is not given by kill(), nor to a broken input, nor once an exit was seen', async () => {
    expect((await start('running', grace)).send('kill').state).toBe('stopping')
    expect((await start('running', grace)).send(broken).state).toBe('stopping')
    expect((await start('running', grace)).send('exitSeen').send('cancel').state).toBe('stopping')
    expect((await start('running', grace)).send({ type: 'cancel', stopGrace: 0 }).state).toBe('stopping')
  })

  it('ends at once when the signal cannot be sent, or the engine is lost', async () => {
    const refused = (await start('running', grace)).send('cancel')
    expect((await refused.answer('terminate', new Error('no such signal'))).state).toBe('stopping')
    expect((await start('running', grace)).send('cancel').send(lost).state).toBe('cancelled')
  })

  it('aborts the sending of the signal when it is over', async () => {
    const cookie = (await start('running', grace)).send('cancel')
    const { signal } = cookie.pending('terminate')
    cookie.clock.increment(300)
    expect(signal.aborted).toBe(true)
  })
})

describe('freezing', () => {
  it('returns to running when the engine refuses, and keeps the error', async () => {
    const cookie = await (await start('freezing')).answer('pause', new Error('no freezer'))
    expect([cookie.state, cookie.context.requestError]).toEqual(['running', new Error('no freezer')])
  })

  it('stays frozen when the engine refuses to thaw', async () => {
    const cookie = await (await start('unfreezing')).answer('unpause', new Error('no'))
    expect([cookie.state, cookie.context.requestError]).toEqual(['frozen', new Error('no')])
    await cookie.send('unfreeze').answer('unpause')
    expect([cookie.state, cookie.context.requestError]).toEqual(['running', undefined])
  })

  it('turns back when the opposite is requested on the way, in both directions', async () => {
    const cookie = await start('freezing')
    await cookie.send('unfreeze').answer('pause')
    expect(cookie.state).toBe('unfreezing')
    await cookie.send('freeze').answer('unpause')
    expect(cookie.state).toBe('freezing')
    await cookie.send('unfreeze').send('freeze').answer('pause')
    expect(cookie.state).toBe('frozen')
    await cookie.send('unfreeze').send('freeze').send('unfreeze').answer('unpause')
    expect(cookie.state).toBe('running')
  })
})

describe('closing', () => {
  for (const state of cookieStates.filter(state => state !== 'closed' && state !== 'closing')) {
    it(`from ${state} passes one settled state and ends closed`, async () => {
      const cookie = (await start(state, { timeout: 1_000 })).send('close')
      if (cookie.state === 'stopping' || cookie.state === 'terminating') cookie.send(exitOf(137))
      cookie.clock.increment(0)
      expect(cookie.state).toBe('closing')
      await cookie.answer('remove')
      expect([cookie.state, cookie.actor.getSnapshot().status, cookie.context.closeError]).toEqual([
        'closed',
        'done',
        undefined,
      ])
      const settled = [...new Set(cookie.seen)].filter(seen => (settledStates as readonly string[]).includes(seen))
      expect(settled).toHaveLength(1)
      expect(cookie.watching).toBe(false)
    })
  }

  it('ends closed and keeps the error when the removal fails', async () => {
    const cookie = await (await start('closing')).answer('remove', new Error('no such engine'))
    expect([cookie.state, cookie.context.closeError]).toEqual(['closed', new Error('no such engine')])
  })
})

it('closes by itself from every settled state when a close was requested before', async () => {
  for (const [state, event] of [
    ['starting', exitOf(0)],
    ['running', lost],
    ['running', exitOf(137)],
  ] as const) {
    const cookie = await start(state, { timeout: 1_000 })
    // The close comes between the exit and its report.
    cookie.send('exitSeen').send('close').send(event)
    cookie.clock.increment(0)
    expect(cookie.state).toBe('closing')
  }
  const late = await start('running', { timeout: 1_000 })
  late.clock.increment(1_000)
  late.send('close').send(exitOf(137))
  late.clock.increment(0)
  expect([late.state, late.seen.includes('timeout')]).toEqual(['closing', true])
})

afterAll(() => coverage.expectComplete(cookieMachine))
