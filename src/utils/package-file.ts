import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the package: the nearest one above this file that has a `package.json`. */
let root: URL | undefined

/** The path of a file that the package ships, by its path in the package. It holds for the sources and for the built files. */
export function packageFile(path: string): string {
  root ??= findRoot(new URL('./', import.meta.url))
  return fileURLToPath(new URL(path, root))
}

function findRoot(folder: URL): URL {
  if (existsSync(new URL('package.json', folder))) return folder
  const parent = new URL('../', folder)
  if (parent.href === folder.href) throw new Error(`no package.json above ${import.meta.url}`)
  return findRoot(parent)
}
