import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { posix } from 'node:path'

/** Returns the links of a built site that lead nowhere, each as `page -> link`. */
export function deadLinks(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.html'))
  const pages = new Map(files.map(name => [name, readFileSync(`${folder}/${name}`, 'utf8')]))
  const dead: string[] = []
  for (const [name, html] of pages) {
    if (name === '404.html') continue
    for (const [, link = ''] of html.matchAll(/ (?:href|src)="([^"]+)"/g)) {
      if (/^(?:[a-z]+:|\/\/)/.test(link)) continue
      const [path = '', anchor] = link.replaceAll('&amp;', '&').split('#')
      const target = path === '' ? name : fileOf(folder, posix.resolve('/', posix.dirname(name), path))
      const isThere = target !== undefined && (!anchor || hasAnchor(pages.get(target), decodeURIComponent(anchor)))
      if (!isThere) dead.push(`${name} -> ${link}`)
    }
  }
  return [...new Set(dead)]
}

/** The file that a static server gives for a path. */
function fileOf(folder: string, path: string): string | undefined {
  const name = decodeURIComponent(path).replace(/^\/+/, '')
  const candidates = [name, `${name}.html`, posix.join(name, 'index.html')]
  return candidates.find(
    candidate => existsSync(`${folder}/${candidate}`) && statSync(`${folder}/${candidate}`).isFile(),
  )
}

const hasAnchor = (html: string | undefined, anchor: string) => html === undefined || html.includes(` id="${anchor}"`)
