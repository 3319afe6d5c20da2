import type { Player } from '../data/player.ts'
import { clock } from '../view/format.ts'
import { whyNothing } from '../view/list/nothing-found.ts'
import { session, show } from '../view/view.ts'

const example = `import { startInspector } from 'cookietin/inspector'

const inspector = await startInspector()
const executor = createExecutor({ driver, inspect: inspector.inspect })`

/** What is shown in place of the actors while there are none. */
export function Nothing({ filter }: { readonly filter: string }) {
  const { link, model } = session
  if (link === 'connecting') {
    return (
      <div class="nothing" role="status">
        <div class="skeleton" aria-hidden="true">
          {[86, 62, 74, 50, 68].map(width => (
            <i key={width} style={{ width: `${width}%` }} />
          ))}
        </div>
        <h2>Looking for the inspector…</h2>
        <p>The page connects by itself as soon as the process answers.</p>
      </div>
    )
  }
  if (link === 'broken') {
    return (
      <div class="nothing" role="alert">
        <h2>This recording cannot be read</h2>
        <p>
          There is not one whole message in it. Record it anew with <code>--record FILE</code>.
        </p>
      </div>
    )
  }
  if (model.actors.size > 0 && filter !== '') {
    return (
      <div class="nothing">
        <h2>Nothing matches “{filter}”</h2>
        <Why filter={filter} />
        <p>
          <button type="button" class="button" onClick={() => show({ filter: '' })}>
            Show all {model.actors.size.toLocaleString('en')}
          </button>
        </p>
      </div>
    )
  }
  if (link !== 'live') {
    return (
      <div class="nothing">
        <h2>Nothing to show</h2>
        <p>
          {link === 'recording'
            ? 'There was no actor yet at this time.'
            : 'No actor had been told before the connection ended.'}
        </p>
      </div>
    )
  }
  return (
    <div class="nothing">
      <h2>No cookies yet</h2>
      <p>Connected, and waiting for the first actor. An executor reports its cookies to its inspector:</p>
      <pre>{example}</pre>
      <p>
        Or from a shell: <code>cookietin batch tasks.jsonl --inspect</code>
      </p>
    </div>
  )
}

/** What each word of the filter finds by itself. */
function Why({ filter }: { readonly filter: string }) {
  const found = whyNothing([...session.model.actors.values()], filter)
  return (
    <ul class="why">
      {found.map(({ word, count, known, knownAs }) => (
        <li key={word}>
          <code>{word}</code> {count > 0 ? `finds ${count.toLocaleString('en')} by itself` : 'finds nothing by itself'}
          {known.length > 0 && (
            <>
              {knownAs === 'keys' ? '. Keys are ' : `. There is ${knownAs} `}
              {known.map((text, index) => (
                <span key={text}>
                  {index > 0 && ', '}
                  <code>{text}</code>
                </span>
              ))}
            </>
          )}
        </li>
      ))}
      {found.length > 1 && found.every(({ count }) => count > 0) && <li>No actor has all of them.</li>}
    </ul>
  )
}

/** A notice about the connection or the recording, where there is one. */
export function Notice() {
  const { link, cameBack, paused, player } = session
  if (player !== undefined) return <RecordingNotice player={player} />
  if (paused) {
    return (
      <p class="notice paused" role="status">
        {pausedWords()}
      </p>
    )
  }
  if (link === 'lost') {
    return (
      <p class="notice lost" role="alert">
        The connection is lost. You see what was known last; the page connects again by itself. Where the process was
        started anew, open the URL that it told.
      </p>
    )
  }
  if (link === 'ended')
    return <p class="notice ended">The inspector has closed. Everything that it sent stays on this page.</p>
  if (cameBack) {
    return (
      <p class="notice again" role="status">
        Connected again.
      </p>
    )
  }
  return null
}

function pausedWords(): string {
  const { link, missed, isOfAnother } = session
  if (link === 'lost') return 'Paused, and the connection is lost since. What you see stays as it was when you paused.'
  if (link === 'ended') return 'Paused, and the inspector has closed since. Resume to see all that it told before.'
  if (isOfAnother)
    return 'Paused: the process was started anew since. Resume to see the new one; this one is gone then.'
  return missed
    ? 'Paused: there is news, and all of it is shown when you resume.'
    : 'Paused: nothing has happened since.'
}

/** What is missing in a recording. */
function RecordingNotice({ player: { gap, whole, ends } }: { readonly player: Player }) {
  if (gap !== undefined) {
    return (
      <p class="notice lost" role="status">
        A part of this recording is missing before {clock(gap.from)}. Until{' '}
        {gap.to === Infinity ? 'its end' : `${clock(gap.to)}, when all was recorded anew,`} an actor may seem to be
        where it is no more.
      </p>
    )
  }
  if (whole) return null
  return (
    <p class="notice paused" role="status">
      This recording was cut short at {clock(ends)}: what came after is not in it.
    </p>
  )
}
