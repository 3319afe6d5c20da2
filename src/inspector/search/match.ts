import { eventName } from '../../utils/actors/mermaid.ts'
import type { FoundStep, Step } from '../protocol.ts'
import { plainText } from './plain-text.ts'

/** How many characters an excerpt has around what was found. */
const around = 70

/** What a step, or an actor, holds of what is searched for. */
export type Match = Pick<FoundStep, 'where' | 'excerpt'>

/** The words of a search, in lower case. */
export const wordsOf = (search: string): readonly string[] => search.toLowerCase().split(/\s+/).filter(Boolean)

/** The test of a search in one log: every word must be in the event, its data, the states or what changed in the context. */
export function matchesStep(search: string): (step: Step) => boolean {
  const words = wordsOf(search)
  if (words.length === 0) return () => true
  return step => hasAll([step.from, step.to, ...partsOf(step).map(({ text }) => text)].join('\n'), words)
}

/** What a step holds of the words: every one must be in the event, its data or what changed in the context. */
export function matchOfStep(step: Step, words: readonly string[]): Match | undefined {
  return matchOf(partsOf(step), words)
}

/** What a context holds of the words. */
export function matchOfContext(context: unknown, words: readonly string[]): Match | undefined {
  return matchOf([{ where: 'context', text: plainText(context) ?? '' }], words)
}

interface Part {
  readonly where: FoundStep['where']
  readonly text: string
}

function partsOf({ event, payload, changes }: Step): Part[] {
  const name = eventName(event)
  return [
    ...(payload === undefined ? [] : [{ where: 'data', text: plainText(payload) } as const]),
    ...(changes === undefined ? [] : [{ where: 'context', text: plainText(changes) } as const]),
    { where: 'event', text: name === event ? event : `${name} ${event}` },
  ]
}

function matchOf(parts: readonly Part[], words: readonly string[]): Match | undefined {
  if (!hasAll(parts.map(({ text }) => text).join('\n'), words)) return undefined
  const has = ({ text }: Part) => words.some(word => text.toLowerCase().includes(word))
  // A word in the event alone is shown with the step in any case.
  const part = parts.find(has)
  return part && { where: part.where, excerpt: excerptOf(part.text, words) }
}

function hasAll(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase()
  return words.every(word => lower.includes(word))
}

/** The text around the first of the words. */
function excerptOf(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase()
  const found = words.map(word => lower.indexOf(word)).filter(at => at >= 0)
  const begin = Math.max(0, Math.min(...found) - around)
  const end = begin + 3 * around
  return `${begin > 0 ? '…' : ''}${text.slice(begin, end)}${end < text.length ? '…' : ''}`
}
