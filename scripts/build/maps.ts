import { readFileSync, writeFileSync } from 'node:fs'
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec'
import manifest from '../../package.json' with { type: 'json' }

interface SourceMap {
  readonly names: readonly string[]
  readonly sources: readonly string[]
  readonly mappings: string
}

/**
 * Makes the source map beside a built file smaller. What stays is what leads a stack trace to its source: where a line begins, and all that can
 * be in a trace. The sources are named, not contained: those of a released version are at an address that debuggers and terminals open.
 */
export function trimMap(path: string): void {
  const map = JSON.parse(readFileSync(path, 'utf8')) as SourceMap
  const sources = new Sources(map)
  const lines = readFileSync(path.replace(/\.map$/, ''), 'utf8').split('\n')
  const mappings = encode(decode(map.mappings).map((segments, at) => trim(segments, lines[at] ?? '', sources)))
  writeFileSync(path, JSON.stringify({ version: 3, sources: sources.names, names: [], mappings }))
}

/** Sources that are in the package as they are, which a map finds by their paths. */
const packed = /^(?:\.\.\/)+(?:machines\/|src\/inspector\/protocol\.ts$)/

const [, repository] = /^git\+https:\/\/github\.com\/(.+)\.git$/.exec(manifest.repository.url) ?? []
if (repository === undefined)
  throw new Error('The `repository.url` in package.json is not one of GitHub, where source maps say that sources are')

/** The folder of this version's sources, by the tag of its release. */
const released = `https://raw.githubusercontent.com/${repository}/v${manifest.version}/`

/** The sources of a map that stay, which get other numbers by that. */
class Sources {
  readonly names: string[] = []
  readonly #numbers: readonly (number | undefined)[]

  constructor({ sources }: SourceMap) {
    this.#numbers = sources.map(name => {
      if (name.includes('node_modules/')) return undefined
      return this.names.push(packed.test(name) ? name : name.replace(/^(?:\.\.\/)+/, released)) - 1
    })
  }

  numberOf(old: number | undefined): number | undefined {
    return old === undefined ? undefined : this.#numbers[old]
  }
}

/** What V8 gives as the place of a call or an error: the name of what is called or read, and words that can throw. */
const inTraces = /^(?:[\w$#]+\s*[(`]|(?:new|throw|await|yield)\b)/

function trim(segments: readonly SourceMapSegment[], line: string, sources: Sources): SourceMapSegment[] {
  const kept: SourceMapSegment[] = []
  let last: SourceMapSegment | undefined
  for (const segment of segments) {
    const [column, old, sourceLine, sourceColumn] = segment
    const source = sources.numberOf(old)
    // A place without a source ends what the one before it says.
    const place: SourceMapSegment =
      source === undefined ? [column] : [column, source, sourceLine ?? 0, sourceColumn ?? 0]
    const isElsewhere = place[1] !== last?.[1] || place[2] !== last?.[2]
    const mayThrow = source !== undefined && (line[column - 1] === '.' || inTraces.test(line.slice(column)))
    if (last !== undefined && !isElsewhere && !mayThrow) continue
    kept.push(place)
    last = place
  }
  return kept
}
