import { afterEach, describe, expect, it, vi } from 'vitest'
import { resolveDockerConfig } from '../../../../../../src/engines/docker/config/config.ts'
import type { Api, Call } from '../../../../../../src/engines/docker/connection/api.ts'
import { ContainerFreezer } from '../../../../../../src/engines/docker/container/control/container-freezer.ts'
import type { CreateOptions } from '../../../../../../src/engines/docker/create-options/create-options.ts'
import type { EngineContext, FreezerFile, FreezerTarget } from '../../../../../../src/engines/docker/engine-context.ts'
import type { DriverTransition } from '../../../../../../src/engines/docker/transitions.ts'

afterEach(() => void vi.useRealTimers())

type State = ReturnType<FreezerFile['state']>

/** A file of a kernel that needs `delay` reads to freeze. */
class FileDouble implements FreezerFile {
  readonly writes: string[] = []
  #state: State = 'thawed'
  #reads = 0
  delay = 0
  /** Thrown by every write. */
  error: Error | undefined

  state(): State {
    if (this.#state !== 'changing') return this.#state
    this.#reads += 1
    if (this.#reads > this.delay) this.#state = 'frozen'
    return this.#state
  }

  set(wanted: 'frozen' | 'thawed'): void {
    if (this.error !== undefined) throw this.error
    this.writes.push(wanted)
    if (wanted === 'frozen' && this.#state === 'frozen') return
    this.#state = wanted === 'thawed' ? 'thawed' : 'changing'
  }

  kill(): void {
    this.writes.push('killed')
    this.set('thawed')
  }

  become(state: State): void {
    this.#state = state
  }
}

const container = { id: 'c0ffee', name: 'cookietin-x-y' }

function setup({ file, why }: { file?: FreezerFile; why?: string } = {}) {
  const calls: string[] = []
  const transitions: Omit<DriverTransition, 'at'>[] = []
  const targets: FreezerTarget[] = []
  let refused: string | undefined
  const api = { request: async ({ path }: Call) => void calls.push(path.split('/').at(-1) ?? '') } as unknown as Api
  const context = {
    api,
    config: resolveDockerConfig({}, {}),
    onTransition: (transition: Omit<DriverTransition, 'at'>) => transitions.push(transition),
    freezer: {
      mayUseFiles: true,
      find: async (target: FreezerTarget) => {
        targets.push(target)
        return { file: refused === undefined ? file : undefined, why: refused ?? why }
      },
      refuse: (reason: string) => {
        refused = reason
      },
    },
  } as unknown as EngineContext
  const options = { HostConfig: { Runtime: 'crun' } } as CreateOptions
  const make = () => new ContainerFreezer(context, 'y', options)
  const reports = () => transitions.map(({ machine, id, to, event, error }) => [machine, id, to, event, error])
  return { freezer: make(), make, calls, reports, targets, refused: () => refused }
}

describe('a container with a file', () => {
  it('is frozen and thawed by it without a call, once for each request, and reported once', async () => {
    const file = new FileDouble()
    const { freezer, calls, reports, targets } = setup({ file })
    await Promise.all([freezer.freeze(container), freezer.freeze(container)])
    await freezer.thaw(container)
    await freezer.thaw(container)
    await freezer.freeze(container)
    expect(file.writes).toEqual(['frozen', 'thawed', 'frozen'])
    expect([calls, targets.map(({ id, runtime }) => [id, runtime])]).toEqual([[], [['c0ffee', 'crun']]])
    expect(reports()).toEqual([['freezer', 'y', 'cgroup', 'freeze', undefined]])
  })

  it('is awaited while its processes fork, and told again', async () => {
    const file = new FileDouble()
    file.delay = 8
    const { freezer, calls } = setup({ file })
    await freezer.freeze(container)
    expect(file.state()).toBe('frozen')
    expect(file.writes.length).toBeGreaterThan(1)
    expect([new Set(file.writes), calls]).toEqual([new Set(['frozen']), []])
  })

  it('that does not freeze in time is thawed, and paused by the engine', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
    const file = new FileDouble()
    file.delay = Number.POSITIVE_INFINITY
    const { freezer, calls, reports } = setup({ file })
    const frozen = freezer.freeze(container)
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(100)
      expect(calls).toEqual(['pause'])
    })
    await frozen
    expect(file.writes.at(-1)).toBe('thawed')
    expect(reports().at(-1)).toEqual(['freezer', 'y', 'engine', 'timeout', undefined])
    await freezer.thaw(container)
    expect(calls).toEqual(['pause', 'unpause'])
  })

  it('that somebody has paused through the engine is thawed by both', async () => {
    const file = new FileDouble()
    file.become('frozen')
    const { freezer, calls } = setup({ file })
    await freezer.freeze(container)
    expect([calls, file.writes]).toEqual([['pause'], []])
    await freezer.thaw(container)
    expect([calls, file.writes]).toEqual([['pause', 'unpause'], ['thawed']])
  })

  it('whose file refuses a write is paused by the engine, as all others from then on', async () => {
    const file = new FileDouble()
    file.error = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
    const { freezer, make, calls, reports, refused } = setup({ file })
    await freezer.freeze(container)
    await freezer.thaw(container)
    expect(calls).toEqual(['pause', 'unpause'])
    expect(refused()).toContain('EACCES')
    await make().freeze(container)
    expect(calls).toEqual(['pause', 'unpause', 'pause'])
    expect(reports().map(([, , to, event]) => [to, event])).toEqual([
      ['cgroup', 'freeze'],
      ['engine', 'refused'],
      ['engine', 'unavailable'],
    ])
  })

  it('whose file cannot be opened for lack of descriptors is neither thawed nor given to the engine', async () => {
    const file = new FileDouble()
    const { freezer, calls, refused } = setup({ file })
    await freezer.freeze(container)
    const lack = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
    const state = vi.spyOn(file, 'state').mockImplementation(() => {
      throw lack
    })
    const refusal = { code: 'ERR_COOKIETIN_TOO_MANY_FILES', retryable: true, cause: lack }
    await expect(freezer.thaw(container)).rejects.toMatchObject(refusal)
    state.mockRestore()
    await freezer.thaw(container)
    const set = vi.spyOn(file, 'set').mockImplementation(() => {
      throw lack
    })
    await expect(freezer.freeze(container)).rejects.toMatchObject(refusal)
    set.mockRestore()
    await freezer.freeze(container)
    expect([file.writes, calls, refused()]).toEqual([['frozen', 'thawed', 'thawed', 'frozen'], [], undefined])
  })

  it('whose group is gone has ended: a freeze rejects, a thaw resolves', async () => {
    const file = new FileDouble()
    const { freezer, calls, refused } = setup({ file })
    await freezer.freeze(container)
    file.become(undefined)
    file.error = Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
    await freezer.thaw(container)
    file.become('thawed')
    file.error = undefined
    const set = vi.spyOn(file, 'set').mockImplementation(() => {
      file.become(undefined)
      throw new Error('ENODEV')
    })
    await expect(freezer.freeze(container)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    expect([set.mock.calls.length, calls, refused()]).toEqual([1, [], undefined])
  })

  it('that stays frozen is reported', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
    const file = new FileDouble()
    const { freezer } = setup({ file })
    await freezer.freeze(container)
    // The group above it is frozen.
    vi.spyOn(file, 'state').mockReturnValue('frozen')
    const thawed = freezer.thaw(container).then(
      () => 'thawed',
      (error: unknown) => error,
    )
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(100)
      await expect(Promise.race([thawed, 'pending'])).resolves.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_ERROR' })
    })
  })
})

describe('the end of a container', () => {
  it('kills a frozen one at once, before it thaws it, and no later freeze has an effect', async () => {
    const file = new FileDouble()
    const { freezer, calls } = setup({ file })
    await freezer.freeze(container)
    freezer.end()
    expect(file.writes).toEqual(['frozen', 'killed', 'thawed'])
    await freezer.thaw(container)
    await expect(freezer.freeze(container)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    expect([file.writes.filter(wanted => wanted === 'frozen'), calls]).toEqual([['frozen'], []])
  })

  it('kills one that is being frozen, which stays thawed', async () => {
    const file = new FileDouble()
    file.delay = Number.POSITIVE_INFINITY
    const { freezer, calls } = setup({ file })
    const frozen = freezer.freeze(container)
    await vi.waitFor(() => expect(file.writes.length).toBeGreaterThan(1))
    freezer.end()
    await expect(frozen).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    expect([file.writes.at(-1), calls]).toEqual(['thawed', []])
  })

  it('writes nothing for one that the engine has paused, or that was never frozen', async () => {
    const { freezer, calls } = setup({ why: 'the engine is Podman' })
    await freezer.freeze(container)
    freezer.end()
    const untouched = new FileDouble()
    setup({ file: untouched }).freezer.end()
    expect([calls, untouched.writes]).toEqual([['pause'], []])
  })
})

it('a container without a file is paused by the engine, which is reported with the reason', async () => {
  const { freezer, calls, reports } = setup({ why: 'the engine is Podman' })
  await freezer.freeze(container)
  await freezer.thaw(container)
  expect(calls).toEqual(['pause', 'unpause'])
  expect(reports()).toEqual([['freezer', 'y', 'engine', 'unavailable', 'the engine is Podman']])
})
