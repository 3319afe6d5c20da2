import { closestMatch } from 'leven'

/** The known name that an unknown one most likely stands for. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const wanted = fold(given)
  const near = closestMatch(wanted, known.map(fold), { maxDistance: Math.min(3, Math.ceil(wanted.length / 2)) - 1 })
  return known.find(name => fold(name) === near)
}

/** Returns what an unknown name must be instead, for an issue: the known name that it most likely stands for, else `otherwise`. */
export function rightName(given: string, known: readonly string[], otherwise = `one of ${known.join(', ')}`): string {
  const name = nearest(given, known)
  return name === undefined ? otherwise : `given as ${name}`
}

/** Removes what the spellings of a name differ in: `docker_networks` and `dockerNetworks` become one. */
export function fold(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase()
}
