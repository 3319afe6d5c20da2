import { page } from './pages.ts'

/** The names in the first `Pick<…>` or `Omit<…>` that an exported interface extends. */
export function chosenNames(path: string, name: string): string[] {
  const [, names = ''] =
    new RegExp(`^export interface ${name}\\s+extends (?:Pick|Omit)<\\s*\\w+,([^>]*)>`, 'm').exec(page(path)) ?? []
  return names.match(/[\w$]+/g) ?? []
}

/** The types that a file exports, its values aside. */
export function exportedTypes(path: string): string[] {
  const text = page(path)
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\} from/gm)].flatMap(([, all, names = '']) =>
    names.split(',').flatMap(entry => {
      const [, marked, name] = /^\s*(type )?(\w+)\s*$/.exec(entry) ?? []
      return name !== undefined && (all ?? marked) !== undefined ? [name] : []
    }),
  )
  return [...lists, ...[...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name)]
}
