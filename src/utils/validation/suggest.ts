import { closestMatch } from 'leven'

/** Returns what an unknown name must be instead, for an issue: the known name that it most likely stands for, else `otherwise`. */
export function rightName(given: string, known: readonly string[], otherwise = `one of ${known.join(', ')}`): string {
  const wanted = fold(given)
  const near = closestMatch(wanted, known.map(fold), { maxDistance: Math.min(3, Math.ceil(wanted.length / 2)) - 1 })
  const name = known.find(name => fold(name) === near)
  return name === undefined ? otherwise : `given as ${name}`
}

/** Removes what the spellings of a name differ in: `docker_networks` and `dockerNetworks` become one. */
export function fold(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase()
}
