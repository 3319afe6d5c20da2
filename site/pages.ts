import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** The fields of the package that the site shows. */
export function readPackage(root: string): { readonly description: string; readonly address: string } {
  const { description, repository } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    readonly description: string
    readonly repository: { readonly url: string }
  }
  return { description, address: repository.url.replace(/^git\+/, '').replace(/\.git$/, '') }
}

/** The pages of the repository that are not in `docs/`, and their places on the site. */
const others: readonly (readonly [path: string, place: string])[] = [
  ['README.md', 'tour.md'],
  ['SECURITY.md', 'security.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['CHANGELOG.md', 'changelog.md'],
]

/** Returns the place on the site of each page, by its path in the repository. */
export function placesOf(root: string): ReadonlyMap<string, string> {
  const docs = readdirSync(`${root}/docs`).filter(name => name.endsWith('.md'))
  return new Map([...others, ...docs.map(name => [`docs/${name}`, name] as const)])
}

/** Where the links of a page lead. */
export interface LinkTargets {
  readonly places: ReadonlyMap<string, string>
  /** The address of the repository, for what is not on the site. */
  readonly repository: string
}

/** Rewrites the links and pictures of a page, which are paths in the repository, to those of the site. */
export function siteLinks(text: string, path: string, { places, repository }: LinkTargets): string {
  const leadTo = (link: string) => {
    const target = posix.join(posix.dirname(path), link)
    const place = places.get(target) ?? (target.startsWith('docs/images/') ? target.slice('docs/'.length) : undefined)
    return place === undefined ? `${repository}/blob/main/${target}` : `./${place}`
  }
  return text
    .replaceAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g, (_, link: string) => `](${leadTo(link)}`)
    .replaceAll(/ src="(?![a-z]+:)([^"]+)"/g, (_, link: string) => ` src="${leadTo(link)}"`)
}
