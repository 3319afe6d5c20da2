import type { Item } from './items.ts'

/** Methods that JavaScript itself calls; GWT gives all others names of one or two letters. */
const calledByLanguage = new Set(['equals', 'hashCode', 'toString'])

/**
 * The items that can run. A function can where something that can run names it; a class where its maker or that of a class above it can;
 * a method where its class can and something mentions a property of its name. All this errs on the side of too much.
 */
export function reachable(items: readonly Item[]): ReadonlySet<Item> {
  const reached = new Set<Item>()
  const names = new Set<string>()
  const properties = new Set(calledByLanguage)
  const classes = new Set<number>()

  const runs = ({ name, of }: Item): boolean => {
    if (name !== undefined && names.has(name)) return true
    if (of === undefined) return name === undefined
    switch (of.part) {
      case 'class':
        return classes.has(of.id) || of.base === undefined || of.makers.some(maker => names.has(maker))
      case 'method':
        return classes.has(of.id) && properties.has(of.method)
      default:
        return classes.has(of.id)
    }
  }

  let waiting = items
  for (let before = -1; before !== reached.size; ) {
    before = reached.size
    const still: Item[] = []
    for (const item of waiting) {
      if (!runs(item)) {
        still.push(item)
        continue
      }
      reached.add(item)
      for (const each of item.names) names.add(each)
      for (const each of item.properties) properties.add(each)
      if (item.of?.part === 'class') {
        classes.add(item.of.id)
        if (item.of.base !== undefined) classes.add(item.of.base)
      }
    }
    waiting = still
  }
  return reached
}
