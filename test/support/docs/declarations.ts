import { readFileSync } from 'node:fs'

/** One member of an interface, as its source declares it. */
export interface Member {
  readonly name: string
  /** Without `readonly`, `Readonly` and `| undefined`; undefined for a method. */
  readonly type: string | undefined
  /** Its docstring, on one line. */
  readonly doc: string
}

const source = (path: string) => readFileSync(new URL(`../../../src/${path}`, import.meta.url), 'utf8')

/**
 * The members that an exported interface declares itself, in their order. Reads the text, formatted as the formatter leaves it: the compiler that
 * could tell more has no stable API.
 */
export function membersOf(path: string, name: string): Member[] {
  const body = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}$`, 'm').exec(source(path))?.[1]
  if (body === undefined) throw new Error(`src/${path} has no interface ${name}`)
  const members: Member[] = []
  let doc = ''
  for (const line of body.split('\n')) {
    const [, comment] = /^ {2}(?:\/\*\*| \*\/?) ?(.*?)(?: ?\*\/)?$/.exec(line) ?? []
    if (comment !== undefined) doc = `${doc} ${comment}`.trim()
    const [, field, type, method] = /^ {2}(?:readonly ([\w$]+)\??: (.+)|(\w+)\??\(.*)$/.exec(line) ?? []
    const found = field ?? method
    if (found === undefined) continue
    if (members.at(-1)?.name !== found) members.push({ name: found, type: type && plain(type), doc })
    doc = ''
  }
  return members
}

/** The names in the first `Pick<…>` or `Omit<…>` that an exported interface extends. */
export function chosenNames(path: string, name: string): string[] {
  const [, names = ''] =
    new RegExp(`^export interface ${name}\\s+extends (?:Pick|Omit)<\\s*\\w+,([^>]*)>`, 'm').exec(source(path)) ?? []
  return names.match(/[\w$]+/g) ?? []
}

/** The types that a file exports, its values aside. */
export function exportedTypes(path: string): string[] {
  const text = source(path)
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\} from/gm)].flatMap(([, all, names = '']) =>
    names.split(',').flatMap(entry => {
      const [, marked, name] = /^\s*(type )?(\w+)\s*$/.exec(entry) ?? []
      return name !== undefined && (all ?? marked) !== undefined ? [name] : []
    }),
  )
  return [...lists, ...[...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name)]
}

const plain = (type: string) =>
  type
    .replaceAll('readonly ', '')
    .replace(/ \| undefined$/, '')
    .replace(/^\((\(.*)\)$/, '$1')
    .replace(/^Readonly<(.+)>$/, '$1')
