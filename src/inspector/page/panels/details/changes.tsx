import { plainText } from '../../../search/plain-text.ts'
import type { Changes } from '../../data/past/context.ts'

const textOf = (value: unknown) => (value === undefined ? '–' : typeof value === 'string' ? value : plainText(value))

/** Fields with their values in two moments, or in two actors. */
export function ChangeTable({
  changes,
  titles: [one, other],
  isPair = false,
}: {
  readonly changes: Changes
  readonly titles: readonly [string, string]
  /** The two are equals: neither came before the other. */
  readonly isPair?: boolean
}) {
  return (
    <div class="scrolls" tabIndex={0} role="group" aria-label="Differences">
      <table class={isPair ? 'changes' : 'changes over-time'}>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">{one}</th>
            <th scope="col">{other}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(changes).map(([name, { from, to }]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="was">
                <code>{textOf(from)}</code>
              </td>
              <td class="is">
                <code>{textOf(to)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The changes of one step, in a line. */
export function ChangeLine({ changes }: { readonly changes: Changes }) {
  return (
    <span class="change-line">
      {Object.entries(changes).map(([name, { from, to }]) => (
        <code key={name} title={`${name}: ${textOf(from)} → ${textOf(to)}`}>
          {name}: <s>{textOf(from)}</s> → {textOf(to)}
        </code>
      ))}
    </span>
  )
}
