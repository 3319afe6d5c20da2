import type { Member } from './declarations.ts'

/** What is known where a row is written. */
interface Place {
  /** The heads of the columns. */
  readonly columns: readonly string[]
  /** Where the row's name leads, if anywhere. */
  readonly link: string | undefined
  /** The page's headings: a type or a name of that title leads there. */
  readonly titles: ReadonlySet<string>
}

/** Writes the row of a member: a cell for each column, whose head tells what stands there. */
export function rowOf(member: Member, { columns, link, titles }: Place): string {
  const hasFn = columns.includes('in Fn')
  const cells = columns.map(head => {
    if (/^(?:field|option|member|function)\b/.test(head)) return leadingTo(link, code(member.usage))
    if (/^type\b/.test(head)) return leadingTo(anchorOf(member.type, titles), code(member.type))
    if (head === 'default') return member.isOptional ? shown(member.fallback ?? 'none') : 'required'
    if (head === 'in Fn') return fnName(member)
    return readable(hasFn ? withoutFn(member.text) : member.text, titles)
  })
  return `|${cells.map(cell => (cell === '' ? ' ' : ` ${cell.replaceAll('|', '\\|')} `)).join('|')}|`
}

const code = (text: string) => `\`${text}\``

const leadingTo = (link: string | undefined, text: string) => (link === undefined ? text : `[${text}](${link})`)

const anchorOf = (name: string, titles: ReadonlySet<string>) =>
  titles.has(name) ? `#${name.toLowerCase()}` : undefined

/** A default: literals stand as code, numbers and phrases as they are. */
const shown = (value: string) => (/^(?:'[^']*'|\[.*\]|true|false)$/.test(value) ? code(value) : value)

const ofFn = / \(Fn's `(\w+)`\)/

const withoutFn = (text: string) => text.replace(ofFn, '')

/** Fn's name for a field, where it differs by more than its case. */
function fnName({ name, text }: Member): string {
  const [, fn = ''] = ofFn.exec(text) ?? []
  return fn === '' || fn.toLowerCase() === name.toLowerCase() ? '' : code(fn)
}

/** `{@link X}` as a name that leads to the heading of that title, `{@link X | words}` as the words. */
function readable(text: string, titles: ReadonlySet<string>): string {
  return text.replaceAll(/\{@link ([^\s|}]+)\s*(?:\|\s*([^}]+?)\s*)?\}/g, (_, name: string, words?: string) =>
    leadingTo(anchorOf(name, titles), words ?? code(name)),
  )
}
