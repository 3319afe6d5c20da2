import { useEffect, useRef, useState } from 'preact/hooks'
import type { OutputTailInfo } from '../../../protocol.ts'
import type { Row } from '../../data/model.ts'
import { bytes } from '../../view/format.ts'
import { matchingLines, styledText } from '../../view/terminal-text.ts'
import { session } from '../../view/view.ts'

/** How often the output of a living run is fetched, in ms. */
const refreshAfter = 1_000

/** The end of a run's two streams. */
export function OutputPane({ row }: { readonly row: Row }) {
  const [search, setSearch] = useState('')
  useEffect(() => {
    if (row.over) return
    const timer = setInterval(() => session.refresh(), refreshAfter)
    return () => clearInterval(timer)
  }, [row.key, row.over])
  const { output } = session.history
  if (output === undefined) return <p class="hint">{absence()}</p>
  const { stdout, stderr } = output
  return (
    <>
      <input
        type="search"
        class="search"
        placeholder="Search the output"
        aria-label="Search the output"
        value={search}
        onInput={event => setSearch(event.currentTarget.value)}
      />
      <Stream title="Standard error" tail={stderr} search={search} />
      <Stream title="Standard output" tail={stdout} search={search} />
    </>
  )
}

function absence(): string {
  if (session.player !== undefined) return 'A recording holds no output.'
  if (session.hello?.output !== true)
    return 'Output is not shown. Start the inspector with output: true, or the command with --inspect=output.'
  return session.canFetch ? 'No output is known.' : 'Its output is not available.'
}

interface StreamProps {
  readonly title: string
  readonly tail: OutputTailInfo
  readonly search: string
}

function Stream({ title, tail: { text, total, isCut }, search }: StreamProps) {
  const box = useRef<HTMLPreElement>(null)
  const atEnd = useRef(true)
  const isSearched = search.trim() !== ''
  const lines = matchingLines(text.replace(/\n$/, ''), search)
  // The end is followed unless the reader has scrolled away from it.
  useEffect(() => {
    if (box.current !== null && atEnd.current) box.current.scrollTop = box.current.scrollHeight
  }, [text, search])
  return (
    <section class="stream">
      <h3>
        {title}{' '}
        <small>
          {bytes(total)}
          {isCut && (text === '' ? ', no longer kept' : ', the last 64 KiB')}
          {isSearched && `, ${lines.length} ${lines.length === 1 ? 'line' : 'lines'} found`}
        </small>
      </h3>
      {text !== '' && (
        <pre
          class="terminal"
          ref={box}
          tabIndex={0}
          role="group"
          aria-label={title}
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
            atEnd.current = scrollTop + clientHeight >= scrollHeight - 4
          }}
        >
          {styledText(lines.join('\n')).map(({ text: piece, style }, index) => (
            <span key={index} class={style}>
              {piece}
            </span>
          ))}
        </pre>
      )}
    </section>
  )
}
