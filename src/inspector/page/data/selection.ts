import type { Model, Row } from './model.ts'

/** An actor across a restart or a reload: the one with the key where it has the id, else the latest with the id. */
export interface Wanted {
  readonly id: string
  readonly key?: number | undefined
}

/** The selected actor. */
export class Selection {
  #key: number | undefined
  #wanted: Wanted | undefined
  /** Its last row. The actor may have been dropped since. */
  #last: Row | undefined

  get key(): number | undefined {
    return this.#key
  }

  choose(key: number | undefined): void {
    this.#wanted = undefined
    this.#key = key
  }

  /** Selects an actor as soon as it is known; none until then. */
  want(wanted: Wanted | undefined): void {
    this.#key = undefined
    this.#wanted = wanted
  }

  /** Selects the wanted actor if it is known. True if so. */
  find({ actors }: Model): boolean {
    const { id, key } = this.#wanted ?? {}
    if (id === undefined) return false
    const same = key === undefined ? undefined : actors.get(key)
    const found = same?.id === id ? same : [...actors.values()].findLast(row => row.id === id)
    if (found !== undefined) this.choose(found.key)
    return found !== undefined
  }

  /** The selected actor's row, or its last one if it was dropped. Undefined at a time before its creation. */
  rowIn({ actors }: Model, at = Infinity): Row | undefined {
    if (this.#key === undefined) return undefined
    const row = actors.get(this.#key)
    if (row !== undefined) {
      this.#last = row
      return row
    }
    return this.#last?.key === this.#key && this.#last.created <= at ? this.#last : undefined
  }

  /** The actor that is selected, or will be once it is known. */
  wantedIn(model: Model): Wanted | undefined {
    const row = this.rowIn(model)
    return row === undefined ? this.#wanted : { id: row.id, key: row.key }
  }
}
