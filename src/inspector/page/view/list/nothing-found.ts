import leven from 'leven'
import type { Row } from '../../data/model.ts'
import { filterKeys, termOf, testOf, valuesOf, wordsOf } from './filter.ts'

/** Why a word of a filter finds nothing, or how many it finds by itself. */
export interface WordFinds {
  readonly word: string
  readonly count: number
  /** What the word could have been. */
  readonly known: readonly string[]
  /** What this is in `known`: values of the word's key, or keys. */
  readonly knownAs?: string
}

/** What each word of a filter finds by itself. */
export function whyNothing(rows: readonly Row[], filter: string): WordFinds[] {
  return wordsOf(filter).map(word => {
    const count = rows.filter(testOf(word)).length
    const { key, values } = termOf(word)
    if (count > 0) return { word, count, known: [] }
    const [prefix] = word.replace(/^-/, '').split(':')
    if (key === undefined && word.includes(':') && prefix !== undefined)
      return { word, count, known: nearest(filterKeys, prefix), knownAs: 'keys' }
    if (key === undefined) return { word, count, known: [] }
    return { word, count, known: nearest(valuesOf(rows, key, 200), values[0] ?? ''), knownAs: `${key}:` }
  })
}

/** The few texts that are most like another. */
const nearest = (texts: readonly string[], wanted: string): string[] =>
  texts
    .map(text => ({ text, far: leven(text.toLowerCase(), wanted) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, 6)
    .map(({ text }) => text)
