import { useEffect, useRef } from 'preact/hooks'
import { show } from '../view/view.ts'

const keys: readonly (readonly [keys: string, what: string])[] = [
  [
    '/',
    'filter; words, or state:, status:, image:, machine:, label:, command:, id: with a list, as state:running,frozen; - for the opposite',
  ],
  ['s', 'search the events of all actors, their data and contexts'],
  ['↑ ↓', 'choose an actor, or a step that a search has found'],
  ['← →', 'step back and forth through its past; where none is chosen, move the timeline'],
  ['f F', 'the next failure, the one before'],
  ['l', 'back to its latest step'],
  ['Space', 'pause, resume; play and stop a recording'],
  ['1 2', 'table, timeline'],
  ['+ − 0', 'zoom the timeline in, out, all'],
  ['t', 'light, dark, as the system'],
  ['Esc', 'close, let go'],
]

/** The keys. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="help" aria-label="Keys" onClose={() => show({ help: false })}>
      <h2>Keys</h2>
      <dl>
        {keys.map(([name, what]) => (
          <div key={name}>
            <dt>
              <kbd>{name}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  )
}
