import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../..', import.meta.url))

/** A page of the documentation, by its path in the repository. */
export const page = (path: string) => readFileSync(`${root}/${path}`, 'utf8')

/** Every page that a user reads. */
export const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(`${root}/docs`)
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
]

/** The rows of the tables below a heading, to the next heading, each as its cells; their heads and rules left out. */
export function rowsBelow(text: string, heading: string): string[][] {
  const [, section] = text.split(new RegExp(`^#+ ${heading}$`, 'm'))
  if (section === undefined) throw new Error(`there is no heading "${heading}"`)
  const lines = (section.split(/^#+ /m)[0] ?? '').split('\n')
  const isRule = (line = '') => /^\|[ -|]+\|$/.test(line) && line.includes('---')
  return lines.filter((line, index) => line.startsWith('|') && !isRule(line) && !isRule(lines[index + 1])).map(cellsOf)
}

/** A `|` within a cell is written `\|`. */
const cellsOf = (line: string) =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map(cell => cell.trim().replaceAll('\\|', '|'))

/** What stands between backticks, without the arguments of a call. */
export const namesIn = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.replace(/\(.*$/, ''))

/** As GitHub makes the anchors of headings. */
export const anchorsOf = (text: string) =>
  [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
