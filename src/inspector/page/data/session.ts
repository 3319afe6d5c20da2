import type { ActorDetails, Delta, Hello, Message, Snapshot, Step } from '../../protocol.ts'
import { Connection } from './connection.ts'
import { DetailsFetcher } from './details-fetcher.ts'
import type { Model, Row } from './model.ts'
import { type History, noHistory } from './past/history.ts'
import type { Player } from './player.ts'
import { ProcessStore } from './process-store.ts'
import { loadRecording } from './recording.ts'
import { Selection, type Wanted } from './selection.ts'

/** The state of the connection to the inspector. */
export type Link = 'connecting' | 'live' | 'lost' | 'ended' | 'recording' | 'broken'

/**
 * The page's data: what the inspector sent, what is selected, and whether the page is paused. It outlives the
 * connection.
 */
export class Session {
  link: Link = 'connecting'
  hello: Hello | undefined
  /** True for some seconds after the page has connected again. */
  cameBack = false
  /** Messages have arrived while the page is paused. */
  missed = false
  player: Player | undefined
  #store = this.#newStore('')
  /** What is shown while the page is paused. Messages still update `#store`. */
  #paused: { readonly store: ProcessStore; readonly model: Model; readonly at: number } | undefined
  readonly #selection = new Selection()
  readonly #connection = new Connection(
    message => this.#take(message),
    () => this.#lost(),
  )
  readonly #fetcher = new DetailsFetcher(
    () => this.selected,
    () => this.#takerOf(),
  )
  readonly #changed: () => void

  /** `changed` is called whenever the page must be drawn anew. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  connect(): void {
    this.#connection.open()
  }

  /** The shown model: of now, of the pause, or of the recording's position. */
  get model(): Model {
    return this.player?.model ?? this.#paused?.model ?? this.#store.model
  }

  /** When the page was paused, Unix ms. */
  get pausedAt(): number | undefined {
    return this.#paused?.at
  }

  get paused(): boolean {
    return this.#paused !== undefined
  }

  /** True while the page is paused and shows another process than the one that is connected. */
  get isOfAnother(): boolean {
    return this.#paused !== undefined && this.#paused.store !== this.#store
  }

  /** True where the page shows the present, so that actors can be controlled. */
  get isNow(): boolean {
    return this.link === 'live' && !this.paused
  }

  /** The key of the selected actor. */
  get selected(): number | undefined {
    return this.#selection.key
  }

  /** The row of the selected actor, or its last one if it was dropped. */
  get row(): Row | undefined {
    return this.#selection.rowIn(this.model, this.player?.at)
  }

  /** The actor that is selected, or will be once it is known. */
  get wanted(): Wanted | undefined {
    return this.#selection.wantedIn(this.model)
  }

  /** The past of the selected actor. */
  get history(): History {
    return this.row === undefined ? noHistory : this.historyOf(this.row)
  }

  /** The past of any actor. `details`: those that were fetched of it; they are kept. */
  historyOf(row: Row, details?: ActorDetails): History {
    if (this.player !== undefined) return this.player.history(row.key)
    const { store = this.#store, at } = this.#paused ?? {}
    if (details !== undefined) store.setDetails(row.key, details)
    return store.historyOf(row, this.canFetch, at)
  }

  select(key: number | undefined): void {
    this.#selection.choose(key)
    void this.#fetcher.fetch()
    this.#changed()
  }

  /** Fetches the details of the selected actor anew: output is not reported by messages. */
  refresh(): void {
    if (!this.paused) void this.#fetcher.fetch()
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
    const before = this.#paused?.store
    const { model } = this.#store
    this.#paused = paused ? { store: this.#store, model: model.copy(), at: Math.max(model.now, Date.now()) } : undefined
    this.missed = false
    // The same key is another actor in another process.
    if (before !== undefined && before !== this.#store) this.want(wanted)
    void this.#fetcher.fetch()
    this.#changed()
  }

  /** Moves the recording to a time. */
  seek(at: number): void {
    this.player?.seek(at)
    this.#find()
    this.#changed()
  }

  #newStore(instance: string): ProcessStore {
    return new ProcessStore(instance, step => this.#onStep(step))
  }

  #take(message: Message): void {
    if (message.type === 'hello') this.#greet(message)
    else if (message.type === 'end') this.link = 'ended'
    else if (!this.#store.apply(message)) this.connect()
    else this.#applied(message)
    this.#changed()
  }

  #applied(message: Snapshot | Delta): void {
    if (this.paused) {
      this.missed = true
      return
    }
    this.#find()
    if (message.type === 'snapshot') void this.#fetcher.fetch()
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
    if (this.#store.instance !== hello.instance) {
      const { wanted } = this
      this.#store = this.#newStore(hello.instance)
      // A paused page stays as it is.
      if (!this.paused && wanted !== undefined) this.want({ id: wanted.id, key: isFirst ? wanted.key : undefined })
    }
    this.link = 'live'
  }

  #find(): void {
    if (this.#selection.find(this.model)) void this.#fetcher.fetch()
  }

  async #load(): Promise<void> {
    this.player = await loadRecording()
    this.link = this.player === undefined ? 'broken' : 'recording'
    this.seek(this.player?.ends ?? 0)
  }

  #onStep(step: Step): void {
    if (step.key === this.selected && !this.paused) this.#fetcher.soon()
  }

  /** True where the connected process is the one that is shown, so that details can be fetched. */
  get canFetch(): boolean {
    return this.link === 'live' && !this.isOfAnother
  }

  /** A callback for the details of the selected actor; undefined where none are needed. */
  #takerOf() {
    const key = this.selected
    const store = this.#store
    const row = key === undefined ? undefined : this.model.actors.get(key)
    if (key === undefined || !this.canFetch || (row !== undefined && store.knowsAllOf(row))) return undefined
    return (details: ActorDetails | undefined) => {
      store.setDetails(key, details)
      this.#changed()
    }
  }

  #lost(): void {
    if (this.link === 'live') this.link = 'lost'
    this.#changed()
  }
}
