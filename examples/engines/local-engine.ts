// An engine of one's own: runs the command of a task as a group of processes of this machine, without any isolation.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { CookietinError, type Stat } from 'cookietin'
import type { ContainerEvents, ContainerStreams, Engine, EngineContainer, Exit, ResolvedTask } from 'cookietin/engine'
import { AsyncSubject, EMPTY, filter, firstValueFrom, interval, map, type Observable, switchMap, takeUntil } from 'rxjs'

export function createLocalEngine(): Engine {
  return { name: 'local', container: task => new LocalContainer(task), close: async () => {} }
}

class LocalContainer implements EngineContainer {
  readonly name: string
  readonly options: { command: readonly string[]; env: Readonly<Record<string, string>> }
  readonly stats$: Observable<Stat>
  readonly #started$ = new AsyncSubject<void>()
  readonly #ended$ = new AsyncSubject<void>()
  readonly #exit$ = new AsyncSubject<Exit>()
  readonly #exit = firstValueFrom(this.#exit$)
  #child: ChildProcess | undefined
  #isRunning = false
  #isKilled = false
  readonly #killed$ = new AsyncSubject<void>()
  /** Once it is killed, a reader that stalls must not delay its end. */
  readonly #killed = firstValueFrom(this.#killed$, { defaultValue: undefined })
  #removal: Promise<void> | undefined

  constructor(task: ResolvedTask) {
    this.name = `local-${task.id}`
    this.options = { command: task.command, env: task.env }
    this.#exit.catch(() => {})
    this.stats$ = this.#started$.pipe(
      switchMap(() => (this.#isRunning ? interval(500) : EMPTY)),
      map(() => ({ timestamp: Date.now(), metrics: { mem_usage: residentBytes(this.#child?.pid) } })),
      // A process that has just ended holds no memory.
      filter(({ metrics }) => metrics.mem_usage > 0),
      takeUntil(this.#ended$),
    )
  }

  async prepare(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
  }

  async start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    const [file = '', ...args] = this.options.command
    const stdin = streams.stdin === undefined ? 'ignore' : 'pipe'
    const env = { ...process.env, ...this.options.env }
    const child = spawn(file, args, { detached: true, stdio: [stdin, 'pipe', 'pipe'], env })
    try {
      await once(child, 'spawn')
    } catch (error) {
      await streams.stdin?.[Symbol.asyncIterator]().return?.()
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'EACCES') throw error
      this.#end({ exitCode: code === 'ENOENT' ? 127 : 126, oomKilled: false, outputTruncated: false }, events)
      return
    }
    this.#child = child
    this.#isRunning = true
    if (this.#isKilled) this.#signal('SIGKILL')
    settle(this.#started$)
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    const outputs = [this.#copyOut(child.stdout, streams.stdout), this.#copyOut(child.stderr, streams.stderr)]
    const releaseInput = this.#copyIn(streams.stdin, child, events)
    void exited.then(async ([code, signal]) => {
      this.#isRunning = false
      releaseInput()
      await Promise.all(outputs)
      const exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL']
      this.#end({ exitCode, oomKilled: false, outputTruncated: false }, events)
    })
  }

  wait = (): Promise<Exit> => this.#exit

  async pause(): Promise<void> {
    if (!this.#isRunning) throw new CookietinError('ERR_COOKIETIN_INVALID_STATE', `${this.name} is not running`)
    this.#signal('SIGSTOP')
  }

  unpause = async (): Promise<void> => this.#signal('SIGCONT')

  async kill(): Promise<void> {
    this.#isKilled = true
    this.#killed$.complete()
    this.#signal('SIGKILL')
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove()
    return this.#removal
  }

  async #remove(): Promise<void> {
    await this.kill()
    if (this.#child !== undefined) await this.#exit
    this.#exit$.error(new CookietinError('ERR_COOKIETIN_CLOSED', `${this.name} was removed before it ran`))
    for (const subject of [this.#started$, this.#ended$]) settle(subject)
  }

  async #copyOut(source: NodeJS.ReadableStream | null, sink: ContainerStreams['stdout']): Promise<void> {
    for await (const chunk of source ?? []) {
      if (!this.#isKilled) await Promise.race([sink.write(chunk as Buffer), this.#killed])
    }
  }

  #copyIn(source: ContainerStreams['stdin'], { stdin }: ChildProcess, events: ContainerEvents): () => void {
    if (source === undefined || stdin === null) return () => {}
    const iterator = source[Symbol.asyncIterator]()
    const copy = async () => {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        if (!stdin.write(next.value)) await once(stdin, 'drain')
        if (stdin.destroyed) return
      }
      stdin.end()
    }
    // A program may close its input before it has read all of it.
    stdin.on('error', () => {})
    copy().catch(error => (stdin.destroyed ? undefined : events.broken(error as Error)))
    return () => {
      stdin.destroy()
      void iterator.return?.()
    }
  }

  #end(exit: Exit, events: ContainerEvents): void {
    for (const subject of [this.#started$, this.#ended$]) settle(subject)
    events.exitSeen()
    this.#exit$.next(exit)
    this.#exit$.complete()
  }

  #signal(name: NodeJS.Signals): void {
    if (this.#isRunning && this.#child?.pid !== undefined) process.kill(-this.#child.pid, name)
  }
}

function residentBytes(pid: number | undefined): number {
  return 4096 * Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
}

function settle(subject: AsyncSubject<void>): void {
  subject.next()
  subject.complete()
}
