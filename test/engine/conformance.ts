import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { lastValueFrom, toArray } from 'rxjs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engines/engine.ts'
import type { ContainerTask } from '../../src/task/task.ts'
import { type PortOptions, portRun } from '../support/engine/port-run.ts'
import { watchLeaks } from '../support/leaks/leaks.ts'
import { SlowSink, StalledSink } from '../support/sinks.ts'

/** Tasks of which each does what its name says, in whatever way an engine can be told to. */
export interface ConformanceCommands {
  /** Ends at once with this exit code. */
  exit(code: number): ContainerTask
  /** Names a program that is not there. */
  readonly notFound: ContainerTask
  /** Names a file that cannot be executed. */
  readonly notExecutable: ContainerTask
  /** Writes what it reads to standard output, to the end. */
  readonly echo: ContainerTask
  /** Writes the bytes 0 to 255 to standard output. */
  readonly allBytes: ContainerTask
  /** Writes `out` to standard output and `err` to standard error. */
  readonly bothStreams: ContainerTask
  /** Writes `ready` to standard output, then runs until it is killed. */
  readonly forever: ContainerTask
  /** Writes to standard output until it is killed, many times a second. */
  readonly chatter: ContainerTask
  /** Writes 4 MiB or more to standard output, then runs until it is killed. */
  readonly flood: ContainerTask
  /** Does not read its input, and ends with 0. */
  readonly deaf: ContainerTask
  /** Runs for about two seconds, long enough to be sampled, and ends with 0. */
  readonly aWhile: ContainerTask
}

/** A byte source that never ends, and tells when it is released. */
function endless() {
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  // Not a generator, whose `finally` is passed over where nothing was read.
  const source: AsyncIterableIterator<Uint8Array> = {
    next: async () => ({ done: false, value: new Uint8Array(64 * 1024) }),
    return: async () => {
      release()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => source,
  }
  return { source, released }
}

/** What every engine promises, run against the port itself. */
export function conformance(
  name: string,
  makeEngine: () => Engine | Promise<Engine>,
  { commands }: { readonly commands: ConformanceCommands },
): void {
  describe(`${name} engine`, () => {
    let engine: Engine
    let expectNoLeaks: () => Promise<void>
    let made: ReturnType<typeof portRun>[] = []

    beforeAll(async () => {
      engine = await makeEngine()
    })
    afterAll(() => engine.close())
    beforeEach(() => {
      expectNoLeaks = watchLeaks()
    })
    afterEach(async () => {
      await Promise.all(made.map(({ container }) => container.remove()))
      made = []
      await expectNoLeaks()
    })

    const run = (task: ContainerTask, options?: PortOptions) => {
      const made_ = portRun(engine, task, options)
      made.push(made_)
      return made_
    }
    const running = async (task: ContainerTask = commands.forever) => {
      const one = run(task)
      await one.prepare()
      await one.start()
      if (task === commands.forever) await one.stdout.until('ready')
      return one
    }

    describe('exit', () => {
      it.each([0, 3, 255])('reports exit code %i, and that the exit was seen, once', async code => {
        const { toExit, events } = run(commands.exit(code))
        expect(await toExit()).toMatchObject({ exitCode: code, oomKilled: false, outputTruncated: false })
        expect(events).toEqual(['exitSeen'])
      })

      it('reports a command that is not there as exit 127', async () => {
        expect(await run(commands.notFound).toExit()).toMatchObject({ exitCode: 127 })
      })

      it('reports a command that cannot be executed as exit 126', async () => {
        expect(await run(commands.notExecutable).toExit()).toMatchObject({ exitCode: 126 })
      })

      it('gives the same promise to everyone who waits, before and after', async () => {
        const { container, toExit } = run(commands.exit(7))
        const early = container.wait()
        const exit = await toExit()
        expect(container.wait()).toBe(early)
        expect(await early).toBe(exit)
      })
    })

    describe('streams', () => {
      it('brings the input in and the output out, whole, at the pace of a slow reader', async () => {
        const input = Array.from({ length: 40 }, (_, index) => Buffer.alloc(30_000, index))
        const stdout = new SlowSink()
        const exit = await run(commands.echo, { input, stdout }).toExit()
        const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
        expect(exit).toMatchObject({ exitCode: 0, outputTruncated: false })
        expect([stdout.kept.size, digest(stdout.kept.bytes)]).toEqual([1_200_000, digest(Buffer.concat(input))])
        expect(stdout.unasked).toBe(0)
      })

      it('ends an empty input at once', async () => {
        expect(await run(commands.echo, { input: '' }).toExit()).toMatchObject({ exitCode: 0 })
      })

      it('changes no byte', async () => {
        const one = run(commands.allBytes)
        await one.toExit()
        expect([...one.stdout.bytes]).toEqual(Array.from({ length: 256 }, (_, byte) => byte))
      })

      it('keeps the two streams apart', async () => {
        const one = run(commands.bothStreams)
        await one.toExit()
        expect([one.stdout.text.trim(), one.stderr.text.trim()]).toEqual(['out', 'err'])
      })

      it('takes an input that nobody reads for no error, and releases its source', async () => {
        const { source, released } = endless()
        const { toExit, events } = run(commands.deaf, { input: source })
        expect(await toExit()).toMatchObject({ exitCode: 0 })
        await released
        expect(events).toEqual(['exitSeen'])
      })

      it('releases the source of a container that is killed', async () => {
        const { source, released } = endless()
        const one = run(commands.echo, { input: source, stdout: new StalledSink() })
        await one.prepare()
        await one.start()
        await one.container.kill()
        await one.container.wait()
        await released
      })

      it('tells of an input that breaks, and can be killed then', async () => {
        async function* breaking() {
          yield 'a'
          throw new Error('no more')
        }
        const { prepare, start, nextEvent, container } = run(commands.echo, { input: breaking() })
        await prepare()
        const event = nextEvent()
        await start()
        expect(await event).toMatchObject({
          code: 'ERR_COOKIETIN_INPUT_FAILED',
          message: expect.stringContaining('no more'),
        })
        await container.kill()
        expect(await container.wait()).toMatchObject({ exitCode: 137 })
      })

      it('is not held up by a stalled reader once it is killed', async () => {
        const stdout = new StalledSink()
        const { prepare, start, container } = run(commands.flood, { stdout })
        await prepare()
        await start()
        await stdout.stalled
        await container.kill()
        expect(await container.wait()).toMatchObject({ exitCode: 137 })
        expect(stdout.unasked).toBe(0)
      })
    })

    describe('pause', () => {
      it('freezes and thaws, each as often as one likes', async () => {
        const { container } = await running()
        await container.pause()
        await container.pause()
        await container.unpause()
        await container.unpause()
        await Promise.all([container.pause(), container.pause()])
        await container.unpause()
        await container.kill()
        expect(await container.wait()).toMatchObject({ exitCode: 137 })
      })

      it('lets nothing run while it is frozen, and everything afterwards', async () => {
        const { container, stdout } = await running(commands.chatter)
        await stdout.next()
        await container.pause()
        // What was on its way when it froze may still come; the silence after it must not end.
        for (let size = -1; size !== stdout.size; await delay(100)) size = stdout.size
        const { size } = stdout
        await delay(300)
        expect(stdout.size).toBe(size)
        const next = stdout.next()
        await container.unpause()
        await next
      })

      it('rejects for a container that has ended', async () => {
        const { toExit, container } = run(commands.exit(0))
        await toExit()
        await expect(container.pause()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
      })
    })

    describe('kill', () => {
      it('ends what runs, and what is frozen', async () => {
        for (const freeze of [false, true]) {
          const { container, events } = await running()
          if (freeze) await container.pause()
          await container.kill()
          await container.kill()
          expect(await container.wait()).toMatchObject({ exitCode: 137, oomKilled: false })
          expect(events).toEqual(['exitSeen'])
        }
      })

      it('is nothing to a container that has ended, or was never started', async () => {
        const ended = run(commands.exit(0))
        await ended.toExit()
        await ended.container.kill()
        const unstarted = run(commands.forever)
        await unstarted.container.kill()
        await unstarted.container.remove()
      })

      it('ends what is still being started', async () => {
        const { prepare, start, container } = run(commands.forever)
        await prepare()
        const started = start()
        await container.kill()
        await started
        expect(await container.wait()).toMatchObject({ exitCode: 137 })
      })
    })

    describe('remove', () => {
      const moments: [string, (one: ReturnType<typeof portRun>) => Promise<unknown>][] = [
        ['nothing was done', async () => {}],
        ['it was prepared', one => one.prepare()],
        [
          'it was started',
          async one => {
            await one.prepare()
            await one.start()
          },
        ],
        [
          'it was frozen',
          async one => {
            await one.prepare()
            await one.start()
            await one.container.pause()
          },
        ],
      ]
      it.each(moments)('works after %s, and again', async (_, act) => {
        const one = run(commands.forever)
        await act(one)
        const removal = one.container.remove()
        expect(one.container.remove()).toBe(removal)
        await removal
        expect(one.container.remove()).toBe(removal)
      })

      it('works after the exit', async () => {
        const { toExit, container } = run(commands.exit(0))
        await toExit()
        await container.remove()
        expect(await container.wait()).toMatchObject({ exitCode: 0 })
      })

      it('works while it is prepared, started or frozen', async () => {
        const preparing = run(commands.forever)
        const aborting = new AbortController()
        const prepared = preparing.container.prepare(aborting.signal)
        prepared.catch(() => {})
        aborting.abort()
        await preparing.container.remove()
        await prepared.catch(() => {})

        const starting = run(commands.forever)
        await starting.prepare()
        const started = starting.start()
        started.catch(() => {})
        await starting.container.remove()
        await Promise.allSettled([started, starting.container.wait()])

        const { container } = await running()
        const paused = container.pause()
        await Promise.allSettled([paused, container.remove(), container.wait()])
      })

      it('settles the wait of what still ran', async () => {
        const { container } = await running()
        await container.remove()
        await Promise.allSettled([container.wait()])
      })
    })

    describe('prepare', () => {
      it('rejects when it is aborted before', async () => {
        const { container } = run(commands.exit(0))
        await expect(container.prepare(AbortSignal.abort())).rejects.toThrow()
        await container.remove()
      })

      it('is free of the signal afterwards', async () => {
        const aborting = new AbortController()
        const { container, start } = run(commands.exit(0))
        await container.prepare(aborting.signal)
        aborting.abort()
        await start()
        expect(await container.wait()).toMatchObject({ exitCode: 0 })
      })
    })

    describe('stats$', () => {
      it('gives samples in the order of time while it runs, and completes at the end', async () => {
        const { toExit, container } = run(commands.aWhile)
        const samples = lastValueFrom(container.stats$.pipe(toArray()))
        await toExit()
        const seen = await samples
        expect(seen.length).toBeGreaterThan(0)
        const times = seen.map(({ timestamp }) => timestamp)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        for (const { metrics } of seen) {
          expect(metrics.mem_usage).toBeGreaterThan(0)
          expect(Object.values(metrics).every(value => Number.isFinite(value) && value >= 0)).toBe(true)
        }
      })

      it('completes for whoever comes after the end, and for what was never started', async () => {
        const { toExit, container } = run(commands.exit(0))
        await toExit()
        expect(await lastValueFrom(container.stats$.pipe(toArray()))).toEqual([])
        const unstarted = run(commands.exit(0)).container
        const samples = lastValueFrom(unstarted.stats$.pipe(toArray()))
        await unstarted.remove()
        expect(await samples).toEqual([])
      })

      it('stops to sample when nobody looks any more', async () => {
        const { container } = await running()
        container.stats$.subscribe().unsubscribe()
        await container.kill()
        await container.wait()
      })
    })
  })
}
