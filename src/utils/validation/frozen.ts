const noItems: readonly never[] = Object.freeze([])
const noFields: Readonly<Record<string, never>> = Object.freeze({})

/** Freezes an array. All that are empty are one: most lists of most tasks are, and many tasks may wait. */
export function frozenArray<Item>(items: readonly Item[]): readonly Item[] {
  return items.length === 0 ? noItems : Object.freeze(items)
}

/** Makes a frozen object of its entries. All that are empty are one. */
export function frozenRecord<Value>(entries: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> {
  return entries.length === 0 ? noFields : Object.freeze(Object.fromEntries(entries))
}
