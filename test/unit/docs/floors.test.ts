import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { page, root } from '../../support/docs/pages.ts'

const sources = ['src', 'machines'].flatMap(filesBelow)
const imports = new Map(sources.map(file => [file, importsOf(file)]))
const architecture = page('docs/architecture.md')
const floors = floorsBelow('The floors')
const dockerFloors = floorsBelow('The Docker engine')

describe('the floors of docs/architecture.md', () => {
  it('have a floor for every file', () => {
    expect(sources.filter(file => floorOf(floors, file) === undefined)).toEqual([])
    const docker = sources.filter(file => file.startsWith('src/engines/docker/'))
    expect(docker.filter(file => floorOf(dockerFloors, file) === undefined)).toEqual([])
  })

  it.each([
    ['the floors', floors],
    ['the Docker engine', dockerFloors],
  ])('hold every import of %s', (_, table) => {
    const upward = [...imports].flatMap(([file, targets]) => {
      const from = floorOf(table, file)
      return targets.flatMap(target => {
        const to = floorOf(table, target)
        const isAllowed = from === undefined || to === undefined || to.place === from.place || to.level < from.level
        return isAllowed ? [] : [`${file} → ${target}`]
      })
    })
    expect(upward).toEqual([])
  })

  it('leave no circle of imports', () => {
    expect(circles()).toEqual([])
  })

  it('keep the engines apart', () => {
    const engine = (file: string) => /^src\/engines\/(docker|mock|process)\//.exec(file)?.[1]
    const across = [...imports].flatMap(([file, targets]) =>
      targets
        .filter(target => engine(file) && engine(target) && engine(file) !== engine(target))
        .map(target => `${file} → ${target}`),
    )
    expect(across).toEqual([])
  })
})

describe('what a room may load', () => {
  it('is nothing of src for machines/', () => {
    expect(reachedFrom('machines/').filter(file => file.startsWith('src/'))).toEqual([])
  })

  it('is p-queue alone for src/executor/queue/', () => {
    const packages = sources.filter(file => file.startsWith('src/executor/queue/')).flatMap(packagesOf)
    expect(new Set(packages)).toEqual(new Set(['p-queue']))
  })

  it('is neither history, inspector, telemetry nor cli for src/index.ts', () => {
    const reached = loadedBy('src/index.ts')
    expect(reached.length).toBeGreaterThan(50)
    expect(reached.filter(file => /^src\/(history|inspector|telemetry|cli)\//.test(file))).toEqual([])
  })

  it('is the protocol, the search and the diagrams alone for src/inspector/page/', () => {
    const allowed = ['src/inspector/protocol.ts', 'src/utils/actors/mermaid.ts']
    const outside = reachedFrom('src/inspector/page/').filter(file => !file.startsWith('src/inspector/page/'))
    const isAllowed = (file: string) => allowed.includes(file) || file.startsWith('src/inspector/search/')
    expect(outside.filter(file => !isAllowed(file))).toEqual([])
  })
})

describe('the layout', () => {
  const places = ['src', 'machines', 'test', 'scripts', 'bench', 'examples'].flatMap(foldersBelow)

  it.each(places.map(folder => [folder]))('has 15 entries at most in %s', folder => {
    expect(readdirSync(join(root, folder)).length).toBeLessThanOrEqual(15)
  })

  it('has a folder of src for every folder of test/unit', () => {
    const own = new Set(['__snapshots__', 'docs', 'fixtures'])
    const folders = foldersBelow('test/unit').filter(folder => !folder.split('/').some(name => own.has(name)))
    const known = new Set(['src', ...foldersBelow('src')])
    expect(folders.filter(folder => !known.has(folder.replace('test/unit', 'src')))).toEqual([])
  })
})

interface Floor {
  readonly level: number
  /** A folder, with a slash at its end, or a file. */
  readonly place: string
}

/** The rows of a table whose first cell is a number, and whose second names places. */
function floorsBelow(heading: string): Floor[] {
  const [, section = ''] =
    new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(architecture) ?? []
  const rows = [...section.matchAll(/^\| (\d+) \| ([^|]+) \|/gm)]
  expect(rows.length).toBeGreaterThan(5)
  return rows.flatMap(([, level, places = '']) =>
    [...places.matchAll(/`([^`]+)`/g)].map(([, place = '']) => ({ level: Number(level), place })),
  )
}

/** The most exact place that holds a file. */
function floorOf(table: readonly Floor[], file: string): Floor | undefined {
  return table
    .filter(({ place }) => (place.endsWith('/') ? file.startsWith(place) : file === place))
    .toSorted((a, b) => b.place.length - a.place.length)[0]
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
}

function foldersBelow(folder: string): string[] {
  const inside = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
  return [folder, ...inside].filter(name => !name.includes('/fixtures/cgroup-'))
}

interface Import {
  readonly name: string
  /** It is erased when the file is compiled. */
  readonly typeOnly: boolean
}

function specifiersOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm)
  return [...found].map(([, type, still = '', later = '']) => ({ name: still || later, typeOnly: type !== undefined }))
}

function importsOf(file: string, { types = true } = {}): string[] {
  return specifiersOf(file)
    .filter(({ name, typeOnly }) => /^\..*\.tsx?$/.test(name) && (types || !typeOnly))
    .map(({ name }) => join(dirname(file), name))
}

function packagesOf(file: string): string[] {
  return specifiersOf(file)
    .map(({ name }) => name)
    .filter(name => !name.startsWith('.') && !name.startsWith('node:') && !builtinModules.includes(name))
}

function reachedFrom(folder: string): string[] {
  return [...new Set(sources.filter(file => file.startsWith(folder)).flatMap(file => imports.get(file) ?? []))]
}

/** Every file that is loaded with this one. */
function loadedBy(entry: string): string[] {
  const reached = new Set([entry])
  for (const file of reached) for (const target of importsOf(file, { types: false })) reached.add(target)
  return [...reached]
}

/** Types count, too. */
function circles(): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: readonly string[]) => {
    const at = path.indexOf(file)
    if (at !== -1) found.push([...path.slice(at), file].join(' → '))
    if (at !== -1 || done.has(file)) return
    for (const target of imports.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of sources) visit(file, [])
  return found
}
