import { useState } from 'preact/hooks'
import { factsOf, shortDigest } from '../../view/task-facts.ts'
import { session } from '../../view/view.ts'

/** The facts that have a button to copy them. */
const copied: readonly string[] = ['Container', 'Container id', 'Image digest']

/** What runs: image, command, limits, mounts and the rest of what the process knows of a task. */
export function TaskPane() {
  const { task } = session.history
  if (task === undefined) {
    if (session.player !== undefined) return <p class="hint">A recording holds no tasks.</p>
    return <p class="hint">{session.canFetch ? 'Loading…' : 'Its task is not available.'}</p>
  }
  return (
    <dl class="facts">
      {factsOf(task).map(([title, lines]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>
            {lines.map(line => (
              <code key={line} title={title === 'Image digest' ? line : undefined}>
                {title === 'Image digest' ? shortDigest(line) : line}
              </code>
            ))}
            {copied.includes(title) && <Copy text={lines.join('')} />}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Copies a text to the clipboard. */
function Copy({ text }: { readonly text: string }) {
  const [done, setDone] = useState<string>()
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setDone('Copied'),
      () => setDone('Not allowed'),
    )
  return (
    <button type="button" class="button" aria-label={`Copy ${text}`} onClick={() => void copy()}>
      <span aria-live="polite">{done ?? 'Copy'}</span>
    </button>
  )
}
