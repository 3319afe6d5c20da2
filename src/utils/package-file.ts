import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Finds a file or folder that the package is published with, or that the repository has in the same place.
 *
 * The code runs from the sources or from the bundle, whose files lie elsewhere. So the path is looked for in the nearest folder above this
 * code that has a `package.json`.
 *
 * @param paths - Where it may be, relative to the root of the package. The first that exists is taken.
 * @returns Its absolute path; undefined when there is none.
 *
 * @example
 * packageFile('native/launcher-x64')
 */
export function packageFile(...paths: readonly string[]): string | undefined {
  return paths.map(path => join(packageRoot(), path)).find(path => existsSync(path))
}

let root: string | undefined

function packageRoot(): string {
  root ??= nearestWith('package.json', dirname(fileURLToPath(import.meta.url)))
  return root
}

function nearestWith(name: string, folder: string): string {
  const parent = dirname(folder)
  // Without any, as in a bundle that an application made of it: the folder of the code.
  if (parent === folder) return dirname(fileURLToPath(import.meta.url))
  return existsSync(join(folder, name)) ? folder : nearestWith(name, parent)
}
