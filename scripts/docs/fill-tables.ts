// Fills tables of the pages from the docstrings: part of `npm run docs`.
//
// The comment above a table names what its rows are: `<!-- FILE TYPE -->` every member of an interface or a type, or a function, `<!-- FILE TYPE: a, b -->` those
// members in that order, `<!-- FILE TYPE but a, b -->` all others. Several stand one after the other, with a `;` between them. A member may be a link:
// `[a](page.md)`. The head of the table, which is written by hand, tells which columns it has.
import { readFileSync, writeFileSync } from 'node:fs'
import { joined, type Member, membersOf } from './declarations.ts'
import { rowOf } from './rows.ts'

/** The pages that have such tables. */
export const pagesWithTables = ['docs/api.md', 'docs/files.md']

const tables = /^<!-- (src\/[^>]+?) -->\n(\|.*)\n(\|[-| ]+)\n(?:\|.*\n)*/gm

/**
 * Replaces the rows of every table below a comment that names their source.
 *
 * @throws Error when a member has no docstring, or is in no table although others of its type are.
 */
export function fillTables(text: string): string {
  const titles = new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title))
  const used: Source[] = []
  const filled = text.replaceAll(tables, (_, comment: string, head: string, rule: string) => {
    const sources = comment.split(';').map(readSource)
    used.push(...sources)
    const columns = head.split('|').flatMap(cell => (cell.trim() === '' ? [] : [cell.trim()]))
    const rows = together(sources).map(({ member, link }) => {
      if (member.text === '') throw new Error(`${member.name} has no docstring (${comment})`)
      return rowOf(member, { columns, link, titles })
    })
    return [`<!-- ${comment} -->`, head, rule, ...rows, ''].join('\n')
  })
  const left = leftOut(used)
  if (left.length > 0) throw new Error(`no table of the page has\n${left.join('\n')}`)
  return filled
}

interface Chosen {
  readonly member: Member
  /** Where the row's name leads. */
  readonly link?: string | undefined
}

/** What one part of a comment names. */
interface Source {
  readonly type: string
  readonly members: readonly Member[]
  readonly chosen: readonly Chosen[]
}

function readSource(part: string): Source {
  const [, path = '', type = '', how, list = ''] = /^\s*(\S+)\s+(\w+)(?:\s*(:|but)\s+([\s\S]+))?$/.exec(part) ?? []
  if (type === '') throw new Error(`what are the rows of "${part}"?`)
  const members = membersOf(path, type)
  const named = (list === '' ? [] : list.split(',')).map((entry): Chosen => {
    const [, name = entry.trim(), link] = /^\s*\[?([\w$]+)(?:\]\((\S+)\))?\s*$/.exec(entry) ?? []
    const member = members.find(each => each.name === name)
    if (member === undefined) throw new Error(`${type} has no ${name}`)
    return { member, link }
  })
  const others = members.filter(each => !named.some(({ member }) => member === each)).map(member => ({ member }))
  return { type, members, chosen: how === ':' ? named : others }
}

/** What the sources of one table choose. A member of several, such as the sides of a union, is one. */
function together(sources: readonly Source[]): Chosen[] {
  const byName = new Map<string, Chosen>()
  for (const each of sources.flatMap(({ chosen }) => chosen)) {
    const { name } = each.member
    const before = byName.get(name)
    byName.set(name, before === undefined ? each : { ...before, member: joined(before.member, each.member) })
  }
  return [...byName.values()]
}

/** The members that no table has, of the types that have one. */
function leftOut(used: readonly Source[]): string[] {
  const shown = new Set(used.flatMap(({ type, chosen }) => chosen.map(({ member }) => `${type}: ${member.name}`)))
  const all = used.flatMap(({ type, members }) => members.map(({ name }) => `${type}: ${name}`))
  return [...new Set(all)].filter(each => !shown.has(each))
}

if (import.meta.main) {
  for (const path of pagesWithTables) {
    const page = new URL(`../../${path}`, import.meta.url)
    writeFileSync(page, fillTables(readFileSync(page, 'utf8')))
  }
}
