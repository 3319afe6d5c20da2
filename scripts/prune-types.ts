import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { posix } from 'node:path'

/** Removes the declarations that no entry leads to: those of the command line, and of what is internal. */
export async function pruneTypes(dist: string, entries: Readonly<Record<string, string>>): Promise<void> {
  const types = `${dist}/types`
  const reached = new Set<string>()
  const visit = (path: string) => {
    if (reached.has(path)) return
    reached.add(path)
    const text = readFileSync(`${types}/${path}`, 'utf8')
    for (const [, source = ''] of text.matchAll(/(?:from|import\() ?["'](\.[^"']+)["']/g)) {
      visit(posix.join(posix.dirname(path), source).replace(/\.[jt]s$/, '.d.ts'))
    }
  }
  for (const [name, path] of Object.entries(entries)) if (name !== 'cli') visit(path.replace(/\.ts$/, '.d.ts'))
  const files = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.d.ts'))
  await Promise.all(files.filter(name => !reached.has(name)).map(name => rm(`${types}/${name}`)))
}
