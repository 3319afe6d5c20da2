import type { ActorDetails, Delta, Hello, Message, Snapshot, Step } from '../../protocol.ts'
import { Connection } from './connection.ts'
import { DetailsFetcher } from './details-fetcher.ts'
import { type History, noHistory } from './history.ts'
import type { Model, Row } from './model.ts'
import type { Player } from './player.ts'
import { ProcessStore } from './process-store.ts'
import { loadRecording } from './recording.ts'
import { Selection, type Wanted } from './selection.ts'

/** How it stands with the inspector. */
export type Link = 'connecting' | 'live' | 'lost' | 'ended' | 'recording' | 'broken'

/** The page's side of the wire: what was told is kept up to date, whatever happens to the connection. */
export class Session {
  link: Link = 'connecting'
  hello: Hello | undefined
  /** True for a while after a connection came back. */
  cameBack = false
  /** Something was told while it was paused. */
  missed = false
  player: Player | undefined
  #told = this.#newTold('')
  /** What is shown while the page is paused; what is told meanwhile goes on beside it. */
  #paused: { readonly told: ProcessStore; readonly model: Model; readonly at: number } | undefined
  readonly #selection = new Selection()
  readonly #connection = new Connection(
    message => this.#take(message),
    () => this.#lost(),
  )
  readonly #fetcher = new DetailsFetcher(
    () => this.selected,
    () => this.#answerOf(),
  )
  readonly #changed: () => void

  /** `changed` is called whenever there is something new to show. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  connect(): void {
    this.#connection.open()
  }

  /** What is shown: of now, of when the page was paused, or of where the recording stands. */
  get model(): Model {
    return this.player?.model ?? this.#paused?.model ?? this.#told.model
  }

  /** When the page was paused, Unix ms. */
  get pausedAt(): number | undefined {
    return this.#paused?.at
  }

  get paused(): boolean {
    return this.#paused !== undefined
  }

  /** True while the page is paused and another process answers than the one that is shown. */
  get isOfAnother(): boolean {
    return this.#paused !== undefined && this.#paused.told !== this.#told
  }

  /** True where what is shown is what is so now: an actor can be acted on. */
  get isNow(): boolean {
    return this.link === 'live' && !this.paused
  }

  /** The key of the actor that is looked at. */
  get selected(): number | undefined {
    return this.#selection.key
  }

  /** The actor that is looked at, as it is, or as it was when it was dropped. */
  get row(): Row | undefined {
    return this.#selection.rowIn(this.model, this.player?.at)
  }

  /** Who is looked at, or will be. */
  get wanted(): Wanted | undefined {
    return this.#selection.wantedIn(this.model)
  }

  /** The past of the actor that is looked at. */
  get history(): History {
    const { row, player } = this
    if (row === undefined) return noHistory
    if (player !== undefined) return player.history(row.key)
    const { told = this.#told, at } = this.#paused ?? {}
    return told.historyOf(row, this.canAsk, at)
  }

  select(key: number | undefined): void {
    this.#selection.choose(key)
    void this.#fetcher.ask()
    this.#changed()
  }

  /** Selects an actor as soon as it is known. */
  want(wanted: Wanted | undefined): void {
    this.#selection.want(wanted)
    this.#find()
    this.#changed()
  }

  pause(paused: boolean): void {
    if (paused === this.paused || (paused && this.link !== 'live')) return
    const { wanted } = this
    const before = this.#paused?.told
    const { model } = this.#told
    this.#paused = paused ? { told: this.#told, model: model.copy(), at: Math.max(model.now, Date.now()) } : undefined
    this.missed = false
    // Another process has other actors under the same keys.
    if (before !== undefined && before !== this.#told) this.want(wanted)
    void this.#fetcher.ask()
    this.#changed()
  }

  /** Shows the recording as it was at a time. */
  seek(at: number): void {
    this.player?.seek(at)
    this.#find()
    this.#changed()
  }

  #newTold(instance: string): ProcessStore {
    return new ProcessStore(instance, step => this.#stepped(step))
  }

  #take(message: Message): void {
    if (message.type === 'hello') this.#greet(message)
    else if (message.type === 'end') this.link = 'ended'
    else if (!this.#told.apply(message)) this.connect()
    else this.#applied(message)
    this.#changed()
  }

  #applied(message: Snapshot | Delta): void {
    if (this.paused) {
      this.missed = true
      return
    }
    this.#find()
    if (message.type === 'snapshot') void this.#fetcher.ask()
    else if (message.samples?.some(([key]) => key === this.selected)) this.#fetcher.soon()
  }

  #greet(hello: Hello): void {
    const isFirst = this.hello === undefined
    this.hello = hello
    if (hello.mode === 'recording') {
      if (this.player === undefined) void this.#load()
      return
    }
    if (!isFirst && this.link !== 'live') {
      this.cameBack = true
      setTimeout(() => {
        this.cameBack = false
        this.#changed()
      }, 4_000)
    }
    if (this.#told.instance !== hello.instance) {
      const { wanted } = this
      this.#told = this.#newTold(hello.instance)
      // A page that is paused is kept as it is, whoever answers now.
      if (!this.paused && wanted !== undefined) this.want({ id: wanted.id, key: isFirst ? wanted.key : undefined })
    }
    this.link = 'live'
  }

  #find(): void {
    if (this.#selection.find(this.model)) void this.#fetcher.ask()
  }

  async #load(): Promise<void> {
    this.player = await loadRecording()
    this.link = this.player === undefined ? 'broken' : 'recording'
    this.seek(this.player?.ends ?? 0)
  }

  #stepped(step: Step): void {
    if (step.key === this.selected && !this.paused) this.#fetcher.soon()
  }

  /** Nobody answers for a process that is gone, nor does another one know its actors. */
  get canAsk(): boolean {
    return this.link === 'live' && !this.isOfAnother
  }

  /** Who takes what the inspector answers about the actor that is looked at; undefined where there is nothing to ask. */
  #answerOf() {
    const key = this.selected
    const told = this.#told
    const row = key === undefined ? undefined : this.model.actors.get(key)
    if (key === undefined || !this.canAsk || (row !== undefined && told.knowsAllOf(row))) return undefined
    return (details: ActorDetails | undefined) => {
      told.heard(key, details)
      this.#changed()
    }
  }

  #lost(): void {
    if (this.link === 'live') this.link = 'lost'
    this.#changed()
  }
}
