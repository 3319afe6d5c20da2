import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.env.COOKIETIN_VECTORS ?? join(import.meta.dirname, '../../../shared/vectors')

/** True when `name` is there to be read; prints why its tests are skipped when it is not. */
export function haveVectors(name: string): boolean {
  const there = existsSync(join(folder, name))
  if (!there) console.warn(`Skipped: no ${name} in ${folder}. Set COOKIETIN_VECTORS to the folder that holds it.`)
  return there
}

/** Expected results computed with the seed's own code. `absent` stands for them where the folder is not there, so that a skipped file can be collected. */
export function readVectors<T>(name: string, absent: T): T {
  return haveVectors(name) ? (JSON.parse(readFileSync(join(folder, name), 'utf8')) as T) : absent
}
