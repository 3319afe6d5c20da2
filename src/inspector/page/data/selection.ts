import type { Model, Row } from './model.ts'

/** Who is meant across a restart or a reload: the actor with its key where that has the id, else the latest with the id. */
export interface Wanted {
  readonly id: string
  readonly key?: number | undefined
}

/** Which actor is looked at. */
export class Selection {
  #key: number | undefined
  #wanted: Wanted | undefined
  /** Its row as it was last, which may be dropped since. */
  #last: Row | undefined

  get key(): number | undefined {
    return this.#key
  }

  choose(key: number | undefined): void {
    this.#wanted = undefined
    this.#key = key
  }

  /** Chooses nobody, until the actor is there. */
  want(wanted: Wanted | undefined): void {
    this.#key = undefined
    this.#wanted = wanted
  }

  /** Chooses the actor that is wanted, where it is there; true if so. */
  find({ actors }: Model): boolean {
    const { id, key } = this.#wanted ?? {}
    if (id === undefined) return false
    const same = key === undefined ? undefined : actors.get(key)
    const found = same?.id === id ? same : [...actors.values()].findLast(row => row.id === id)
    if (found !== undefined) this.choose(found.key)
    return found !== undefined
  }

  /** The actor as it is, or as it was when it was dropped; undefined at a time before its beginning. */
  rowIn({ actors }: Model, at = Infinity): Row | undefined {
    if (this.#key === undefined) return undefined
    const row = actors.get(this.#key)
    if (row !== undefined) {
      this.#last = row
      return row
    }
    return this.#last?.key === this.#key && this.#last.created <= at ? this.#last : undefined
  }

  /** Who is looked at, or will be. */
  wantedIn(model: Model): Wanted | undefined {
    const row = this.rowIn(model)
    return row === undefined ? this.#wanted : { id: row.id, key: row.key }
  }
}
