import type { ActorDetails, ControlRequest, End, Hello, Message, Step } from '../inspector/protocol.ts'
import { Model } from './model.ts'
import { Player } from './player.ts'
import { append, type History, noHistory } from './steps.ts'

/** How it stands with the inspector. */
export type Link = 'connecting' | 'live' | 'lost' | 'ended' | 'recording' | 'broken'

/** How long the page waits before it looks for an inspector that is gone, in ms. */
const retryAfter = 1_000
/** How often an actor is asked for anew while it changes, in ms. */
const refreshAfter = 400

/** The page's side of the wire: a model that is kept up to date, whatever happens to the connection. */
export class Session {
  link: Link = 'connecting'
  hello: Hello | undefined
  /** True for a while after a connection came back. */
  cameBack = false
  /** Nothing new is shown while it is true. */
  paused = false
  /** Something was told while it was paused. */
  missed = false
  model = this.#newModel()
  player: Player | undefined
  history: History = noHistory()
  #selected: number | undefined
  #source: EventSource | undefined
  #fetching = false
  #refresh: ReturnType<typeof setTimeout> | undefined
  readonly #changed: () => void

  /** `changed` is called whenever there is something new to show. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  connect(): void {
    this.#source?.close()
    const source = new EventSource('events')
    this.#source = source
    source.onmessage = ({ data }) => this.#take(JSON.parse(data as string) as Message)
    source.onerror = () => {
      if (this.#source !== source) return
      source.close()
      if (this.link !== 'ended' && this.link !== 'recording' && this.link !== 'broken')
        this.link = this.hello ? 'lost' : 'connecting'
      setTimeout(() => this.#source === source && this.connect(), retryAfter)
      this.#changed()
    }
  }

  get selected(): number | undefined {
    return this.#selected
  }

  select(key: number | undefined): void {
    if (key === this.#selected) return
    this.#selected = key
    this.history = (key !== undefined && this.player?.history(key)) || noHistory()
    void this.#fetch()
    this.#changed()
  }

  pause(paused: boolean): void {
    this.paused = paused
    // What was missed is not kept anywhere: all is asked for anew.
    if (!paused && this.missed) {
      this.missed = false
      this.connect()
    }
    this.#changed()
  }

  /** Undefined when it was done, else why not. */
  async control(request: ControlRequest): Promise<string | undefined> {
    try {
      const response = await fetch('control', { method: 'POST', body: JSON.stringify(request) })
      if (response.ok) return undefined
      const { error } = (await response.json()) as { error?: string }
      return error ?? response.statusText
    } catch {
      return 'The inspector does not answer'
    }
  }

  /** Shows the recording as it was at a time. */
  seek(at: number): void {
    if (this.player === undefined) return
    this.model = this.player.seek(at)
    if (this.#selected !== undefined) this.history = this.player.history(this.#selected)
    this.#changed()
  }

  #newModel(): Model {
    return new Model(step => this.#stepped(step))
  }

  #take(message: Message): void {
    if (message.type === 'hello') {
      this.#greet(message)
    } else if (message.type === 'end') {
      this.link = 'ended'
      this.#changed()
    } else if (this.paused) {
      this.missed = true
      this.#changed()
    } else if (this.model.apply(message)) {
      this.#applied(message)
    } else {
      this.connect()
    }
  }

  #applied(message: Exclude<Message, Hello | End>): void {
    if (message.type === 'snapshot') void this.#fetch()
    else if (message.samples?.some(([key]) => key === this.#selected)) this.#fetchSoon()
    this.#changed()
  }

  #greet(hello: Hello): void {
    const before = this.hello
    this.hello = hello
    if (hello.mode === 'recording') {
      if (this.player === undefined) void this.#load()
      return
    }
    if (before !== undefined && this.link !== 'live') {
      this.cameBack = true
      setTimeout(() => {
        this.cameBack = false
        this.#changed()
      }, 4_000)
    }
    // Another process has other actors under the same keys.
    if (before !== undefined && before.instance !== hello.instance) {
      this.#selected = undefined
      this.history = noHistory()
      this.model = this.#newModel()
    }
    this.link = 'live'
    this.#changed()
  }

  async #load(): Promise<void> {
    try {
      const response = await fetch('recording')
      const lines = (await response.text()).split('\n').filter(Boolean)
      this.player = new Player(lines.map(line => JSON.parse(line) as Message))
      this.link = 'recording'
      this.seek(this.player.ends)
    } catch {
      this.link = 'broken'
      this.#changed()
    }
  }

  #stepped(step: Step): void {
    if (step.key !== this.#selected) return
    if (!append(this.history, step)) void this.#fetch()
    else this.#fetchSoon()
  }

  #fetchSoon(): void {
    this.#refresh ??= setTimeout(() => {
      this.#refresh = undefined
      void this.#fetch()
    }, refreshAfter)
  }

  async #fetch(): Promise<void> {
    const key = this.#selected
    if (key === undefined || this.player !== undefined || this.#fetching) return
    this.#fetching = true
    try {
      const response = await fetch(`actors/${key}`)
      if (response.ok && key === this.#selected && !this.paused) {
        const { before, log, stats, context } = (await response.json()) as ActorDetails
        // Steps may have come meanwhile that the answer does not hold yet.
        const newer = this.history.log.filter(({ n }) => n > (log.at(-1)?.n ?? 0))
        this.history = { before, log: [...log, ...newer], stats, context }
        this.#changed()
      }
    } catch {
      // The connection's own loss tells.
    } finally {
      this.#fetching = false
      if (key !== this.#selected) void this.#fetch()
    }
  }
}
