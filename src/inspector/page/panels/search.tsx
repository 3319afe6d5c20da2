import { useEffect, useRef } from 'preact/hooks'
import { eventName } from '../../../utils/actors/mermaid.ts'
import type { FoundStep } from '../../protocol.ts'
import { wordsOf } from '../../search/match.ts'
import { clock } from '../view/format.ts'
import { useKeys } from '../view/list/row-keys.ts'
import { openFound, type Results, useSearch } from '../view/search.ts'
import { currentView, session, show } from '../view/view.ts'

/** A search for texts in the events of all actors, their data and contexts. Choosing a step opens its actor there. */
export function SearchPanel({ text }: { readonly text: string }) {
  const { results, repeat } = useSearch(text)
  const found = results?.answer.found ?? []
  const list = useRef<HTMLOListElement>(null)
  const shown = found.findIndex(isShown)
  const move = (by: number) => () => {
    const next = found[Math.min(found.length - 1, Math.max(0, shown + by))]
    if (next !== undefined) openFound(next)
  }
  useKeys(() => ({
    ArrowDown: move(1),
    ArrowUp: move(-1),
    ...(session.selected === undefined && { Escape: () => show({ search: undefined }) }),
  }))
  useEffect(() => list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [shown])
  return (
    <section class="search-panel" aria-label="Search in all actors">
      <div class="search-line">
        <p role="status">{wordsFor(text, results)}</p>
        {results !== undefined && (
          <button type="button" class="button" onClick={repeat} title={`Searched at ${clock(results.at)}`}>
            Search again
          </button>
        )}
      </div>
      {found.length > 0 && (
        <ol class="found" ref={list}>
          {found.map(step => (
            <li key={`${step.key} ${step.n}`} aria-current={isShown(step) ? 'step' : undefined}>
              <Found step={step} words={wordsOf(results?.text ?? '')} />
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function Found({ step, words }: { readonly step: FoundStep; readonly words: readonly string[] }) {
  const { key, id, machine, n, at, event, where, excerpt } = step
  const isKept = session.model.actors.has(key)
  return (
    <button
      type="button"
      onClick={() => openFound(step)}
      disabled={!isKept}
      title={isKept ? undefined : 'The inspector has dropped this actor'}
    >
      <span class="actor">
        {id} <small>{machine}</small>
      </span>
      <span class="event">{n === 0 ? 'before its first step' : `${n} · ${eventName(event)}`}</span>
      <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
      <span class="excerpt">
        <span class="where">{where}</span>{' '}
        <code>
          {marked(excerpt, words).map(({ text, isFound }, index) =>
            isFound ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
          )}
        </code>
      </span>
    </button>
  )
}

const isShown = ({ key, n }: FoundStep) => key === session.selected && n === (currentView().cursor ?? 0)

/** What was searched, and what is not told. */
function wordsFor(text: string, results: Results | undefined): string {
  const known = session.canFetch || session.player !== undefined ? '' : ' Only what this page was told is known.'
  if (text.trim() === '') {
    return `Type what to look for: every word has to be in an event, its data or what it changed in the context.${known}`
  }
  if (results?.text !== text) return 'Searching…'
  const { found, more, searched, actors } = results.answer
  const count = (of: number) => of.toLocaleString('en')
  // It has found enough, or took too long.
  const part = searched === actors ? '' : ` Searched were the latest ${count(searched)} of ${count(actors)} actors.`
  if (found.length === 0) return `Nothing in ${count(searched)} actors holds “${results.text.trim()}”.${part}${known}`
  const all = new Set(found.map(({ key }) => key)).size
  const steps = `${count(found.length)} ${found.length === 1 ? 'step' : 'steps'} of ${count(all)} ${all === 1 ? 'actor' : 'actors'}`
  return `${more ? 'The first ' : ''}${steps}.${more ? ' There are more: add a word to see them.' : ''}${part}${known}`
}

/** A text in parts: those that were searched for, and what is between them. */
function marked(
  text: string,
  words: readonly string[],
): readonly { readonly text: string; readonly isFound: boolean }[] {
  const pattern = words.map(word => word.replaceAll(/[^\p{L}\p{N}]/gu, '\\$&')).join('|')
  return text.split(new RegExp(`(${pattern})`, 'i')).map((part, index) => ({ text: part, isFound: index % 2 === 1 }))
}
