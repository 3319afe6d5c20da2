import { readFileSync } from 'node:fs'

/** One member of an interface or of a type, or a function, as its source declares it. */
export interface Member {
  readonly name: string
  /** As it is called, with the names of its parameters; the name alone for a property. */
  readonly usage: string
  /** Of a property its type, of a method what it returns; without `readonly`, `Readonly` and `| undefined`. */
  readonly type: string
  readonly isOptional: boolean
  /** The docstring up to its first tag, on one line. */
  readonly text: string
  /** What `@default` says. */
  readonly fallback: string | undefined
}

const root = new URL('../../', import.meta.url)
const source = (path: string) => readFileSync(new URL(path, root), 'utf8')

/**
 * The members that an exported interface or type declares itself, in their order; of a function, itself. A member that is declared twice, by an
 * overload or by both sides of a union, is one. Reads the text, formatted as the formatter leaves it: the compiler that could tell more has no
 * stable API.
 *
 * @throws Error when a member has its type on lines of its own, which are not read.
 */
export function membersOf(path: string, name: string): Member[] {
  const { body, indent } = declarationOf(source(path), name) ?? missing(path, name)
  const members = new Map<string, Member>()
  let doc: string[] = []
  for (const line of body.split('\n')) {
    const [, comment] = /^\s*(?:\/\*\*|\*(?!\/)|\*\/) ?(.*?)(?: ?\*\/)?$/.exec(line) ?? []
    if (comment !== undefined) {
      doc.push(comment)
      continue
    }
    const found = readMember(line, indent)
    if (found === undefined) {
      if (doc.length > 0 && /^ +(?:readonly )?[\w$]+(?:\??:|\()/.test(line))
        throw new Error(`${path}: what is "${line.trim()}" of ${name}?`)
      continue
    }
    const member = { ...found, ...readDoc(doc) }
    doc = []
    const before = members.get(member.name)
    members.set(member.name, before === undefined ? member : joined(before, member))
  }
  return [...members.values()]
}

/** Two declarations of one member as one: what can be called, is called as the later one has it. */
export function joined(one: Member, other: Member): Member {
  const isMethod = one.usage.endsWith(')')
  const types = [...new Set([one.type, other.type].filter(type => type !== 'undefined'))]
  return {
    name: one.name,
    usage: other.usage,
    type: isMethod ? other.type : types.join(' | '),
    isOptional: one.isOptional || other.isOptional,
    text: [one.text, other.text].filter(text => text !== '').join(' '),
    fallback: one.fallback ?? other.fallback,
  }
}

/** What an interface declares is indented by two; the objects that a type is made of stand deeper, too. */
function declarationOf(text: string, name: string): { readonly body: string; readonly indent: RegExp } | undefined {
  const [, ofInterface] = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}$`, 'm').exec(text) ?? []
  if (ofInterface !== undefined) return { body: ofInterface, indent: /^ {2}(?=\S)/ }
  const [ofType] = new RegExp(`^export type ${name}\\b[\\s\\S]*?(?=\\n\\n(?! )|\\n$(?![\\s\\S]))`, 'm').exec(text) ?? []
  if (ofType !== undefined) return { body: ofType, indent: /^ +/ }
  // With its docstring.
  const [ofFunction] =
    new RegExp(`^/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\nexport (?:async )?function ${name}\\b.*`, 'm').exec(text) ?? []
  if (ofFunction === undefined) return undefined
  return { body: ofFunction, indent: /^export (?:async )?function / }
}

function missing(path: string, name: string): never {
  throw new Error(`${path} exports no interface, no type and no function ${name}`)
}

type Declared = Pick<Member, 'name' | 'usage' | 'type' | 'isOptional'>

function readMember(line: string, indent: RegExp): Declared | undefined {
  if (!indent.test(line)) return undefined
  const code = line.replace(indent, '')
  const [, field, optional, type] = /^(?:readonly )?([\w$]+)(\?)?: (.+)$/.exec(code) ?? []
  if (field !== undefined && type !== undefined)
    return { name: field, usage: field, type: plain(type), isOptional: optional !== undefined }
  const [, method, parameters = '', returned = ''] = /^([\w$]+)(?:<[^(]*>)?\((.*)\): (.+?)(?: \{)?$/.exec(code) ?? []
  if (method === undefined) return undefined
  return { name: method, usage: `${method}(${shortened(parameters)})`, type: plain(returned), isOptional: false }
}

/** The names of parameters; of an object that is declared in place, those of its fields. */
function shortened(parameters: string): string {
  // A comma within brackets is not one between parameters.
  const each = parameters.match(/(?:[^,<({]|<[^>]*>|\([^)]*\)|\{[^}]*\})+/g) ?? []
  return each
    .map(parameter => {
      const [, name = '', fields] = /^\s*([\w$]+\??): (?:\{(.*)\})?/.exec(parameter) ?? []
      return fields === undefined ? name : `{ ${(fields.match(/[\w$]+\??(?=:)/g) ?? []).join(', ')} }`
    })
    .join(', ')
}

function readDoc(lines: readonly string[]): Pick<Member, 'text' | 'fallback'> {
  const [text = '', ...tags] = lines.join('\n').split(/^@/m)
  const [fallback] = tags.flatMap(tag => /^default\s([\s\S]+)$/.exec(tag)?.[1] ?? [])
  return { text: onOneLine(text), fallback: fallback && onOneLine(fallback) }
}

const onOneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

const plain = (type: string) =>
  (/^\([^()]*\) => /.test(type) ? type : type.replace(/ \| undefined$/, ''))
    .replaceAll('readonly ', '')
    .replace(/^\((\(.*)\)$/, '$1')
    .replace(/^Readonly<(.+)>$/, '$1')
