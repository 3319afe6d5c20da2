import { expect, test } from 'vitest'
import type { CommandContext } from '../../../src/cli/command-context.ts'
import { createProgram } from '../../../src/cli/program.ts'
import { page } from '../../support/docs/pages.ts'

const cli = page('docs/cli.md')
// Nothing is run, so nothing is written.
const program = await createProgram({ stdio: {} as CommandContext['stdio'], exit: () => {} })

/** What the page says of a command: below the heading that names it, and in what that refers to. */
function textOf(command: string): string {
  const below = (heading: RegExp) => cli.split(/^## /m).filter(section => heading.test(section.split('\n')[0] ?? ''))
  const own = below(new RegExp(`\`cookietin ${command}\\b`)).join('\n')
  if (own === '') return ''
  const asRun = /of `run`/.test(own) ? below(/`cookietin run\b/) : []
  return [own, ...asRun, ...below(/^Watching/)].join('\n')
}

test.each(program.commands.map(command => [command.name(), command] as const))(
  'docs/cli.md has every option of %s',
  (name, command) => {
    const flags = command.options.filter(({ hidden }) => !hidden).map(({ long, short }) => long ?? short ?? '')
    expect(flags.filter(flag => !textOf(name).includes(flag))).toEqual([])
  },
)

test('docs/cli.md has every command', () => {
  expect(program.commands.length).toBeGreaterThan(5)
  expect(program.commands.map(command => command.name()).filter(name => textOf(name) === '')).toEqual([])
})
