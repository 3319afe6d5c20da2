import { existsSync } from 'node:fs'
import { matchesGlob, posix } from 'node:path'
import { expect, test } from 'vitest'
import { anchorsOf, page, pages, root } from '../../support/docs/pages.ts'

const { files } = JSON.parse(page('package.json')) as { readonly files: readonly string[] }

/** npm packs these whatever `files` says. */
const always = ['package.json', 'README.md', 'LICENSE']

/** Links within the repository, as [the page, the path, the anchor]; pictures aside. */
const links = pages.flatMap(from =>
  [...page(from).matchAll(/(?<!!)\[[^\]]*\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].map(
    ([, path = '', anchor]) => [from, path === '' ? from : posix.join(posix.dirname(from), path), anchor] as const,
  ),
)

test('there are links', () => expect(links.length).toBeGreaterThan(30))

test.each(links)('%s links to %s, anchor %s, which is there', (_, path, anchor) => {
  expect(existsSync(`${root}/${path}`)).toBe(true)
  if (anchor !== undefined) expect(anchorsOf(page(path))).toContain(anchor)
})

test('the files of the project that pages name are there', () => {
  const named = pages.flatMap(from =>
    [...page(from).matchAll(/`((?:src|machines|test|scripts|bench|examples|native)\/[\w./-]+)`/g)].map(
      ([, path = '']) => [from, path] as const,
    ),
  )
  // `src/a/b.ts` and `bench/NAME.ts` stand for any file.
  const dead = named.filter(([, path]) => !/\/a\/|NAME/.test(path) && !existsSync(`${root}/${path}`))
  expect([named.length > 50, dead]).toEqual([true, []])
})

test('what the README and the docs link to is in the package', () => {
  const isPacked = (path: string) =>
    always.includes(path) ||
    files.some(entry => entry === path || path.startsWith(`${entry}/`) || matchesGlob(path, entry))
  const dead = links
    .filter(([from, path]) => isPacked(from) && !isPacked(path))
    .map(([from, path]) => `${from}: ${path}`)
  expect([isPacked('docs/api.md'), dead]).toEqual([true, []])
})
