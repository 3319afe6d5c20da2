import { eventName } from '../../../utils/actors/mermaid.ts'
import type { Step } from '../../protocol.ts'
import { plainText } from './format.ts'

/** The test of a search in a log: every word must be in the event, its data, the states or what changed in the context. */
export function matchesStep(search: string): (step: Step) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return () => true
  return ({ event, from, to, payload, changes }) => {
    const text = [event, eventName(event), from, to, plainText([payload, changes])].join('\n').toLowerCase()
    return words.every(word => text.includes(word))
  }
}
