import { nearest } from '../../../utils/validation/suggest.ts'
import { printable } from '../../output/printable.ts'
import { UsageError } from '../../usage-error.ts'
import type { FoundRun } from './list.ts'

/** So much of a container's id is shown, as docker does. */
const shortId = 12

/**
 * Finds the run that a word names: its id, or the name or id of its container, or the beginning of one of them.
 *
 * @throws UsageError for a word that names none, several, or a container that is no run.
 */
export function findRun(word: string, listed: readonly FoundRun[]): FoundRun {
  const named = listed.filter(run => namesOf(run).includes(word))
  const found =
    named.length > 0 ? named : listed.filter(run => word !== '' && namesOf(run).some(name => name.startsWith(word)))
  const runs = found.filter(({ kind }) => kind === 'run')
  const [run, ...others] = runs
  if (run === undefined) throw noRun(word, listed, found)
  if (others.length > 0) {
    throw new UsageError(
      `"${printable(word)}" names ${runs.length} runs: ${runs.map(textOf).join(', ')}; write more of the id, or the id of the container`,
    )
  }
  return run
}

/** Finds the runs that words name, each once. */
export const findRuns = (words: readonly string[], listed: readonly FoundRun[]): readonly FoundRun[] => [
  ...new Set(words.map(word => findRun(word, listed))),
]

/** The runs that have all of these labels. */
export const withLabels = (
  listed: readonly FoundRun[],
  wanted: Readonly<Record<string, string>>,
): readonly FoundRun[] =>
  listed.filter(
    ({ kind, labels }) =>
      kind === 'run' &&
      Object.entries(wanted).every(([name, value]) => Object.hasOwn(labels, name) && labels[name] === value),
  )

function noRun(word: string, listed: readonly FoundRun[], [held]: readonly FoundRun[]): UsageError {
  if (held !== undefined) {
    const what =
      held.kind === 'spare' ? 'a spare container, which waits for its run' : 'a namespace of the prefork pool'
    return new UsageError(`"${printable(word)}" is no run, but ${what}; the process that made it ends it`)
  }
  const near = nearest(
    word,
    listed.filter(({ kind }) => kind === 'run').map(({ id }) => id),
  )
  const hint = near === undefined ? ';' : `; did you mean "${printable(near)}"?`
  return new UsageError(
    `there is no run "${printable(word)}" on this machine${hint} \`cookietin ps\` lists them. Runs of the process driver are processes: see ps(1) and kill(1)`,
  )
}

const namesOf = ({ id, name, container }: FoundRun) => [id, name, container]

const textOf = ({ id, container }: FoundRun) => `${printable(id)} (container ${container.slice(0, shortId)})`
