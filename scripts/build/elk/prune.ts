import { parseSync } from 'rolldown/utils'
import { type Item, itemsOf } from './items.ts'
import { reachable } from './reachable.ts'

/**
 * Takes out of ELK's worker what a layout by `layered` never runs: the other algorithms, and the parts of Java's and Eclipse's libraries
 * that only they use. That is a sixth of the worker. What stays is as it was.
 *
 * @param code - `elk-worker.min.js`, which GWT compiled from Java into functions and classes at the top of a script.
 * @throws Error if the code is not of that form.
 */
export function pruneElk(code: string): string {
  const onlyLayered = withoutOtherAlgorithms(code)
  const { program, errors } = parseSync('elk-worker.js', onlyLayered, { lang: 'js', sourceType: 'script' })
  if (errors.length > 0) throw new Error(`ELK's worker cannot be parsed: ${errors[0]?.message}`)
  const items = itemsOf(program)
  const kept = reachable(items)
  return without(
    onlyLayered,
    items.filter(item => !kept.has(item)),
  )
}

/** ELK registers the algorithms that it is asked for, by a chain of conditions on their names. */
function withoutOtherAlgorithms(code: string): string {
  const chain = /(\w+)\(b,'layered'\)\?([^?:]+):\1\(b,'force'\)\?[^}]*?'rectpacking'\)&&[^}]*?\)(?=\}\})/
  if (!chain.test(code)) throw new Error("The registration of ELK's algorithms is not found")
  return code.replace(chain, "$1(b,'layered')&&($2)")
}

function without(code: string, items: readonly Item[]): string {
  let at = 0
  let left = ''
  for (const { start, end, rest } of items) {
    left += code.slice(at, start) + rest
    at = end
  }
  return left + code.slice(at)
}
