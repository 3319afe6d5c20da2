import type { Command } from 'commander'
import type { CommandContext } from '../../../src/cli/command-context.ts'
import { createProgram } from '../../../src/cli/program.ts'
import { page, pages } from './pages.ts'

/** Commands that are documented together. */
export interface ShellBlock {
  readonly where: string
  readonly commands: readonly string[]
}

/** The shell blocks of the README and of every page. */
export function documentedBlocks(): readonly ShellBlock[] {
  return pages.flatMap(path => {
    const blocks = [...page(path).matchAll(/^```(?:sh|bash|shell|console)\n(.*?)^```/gms)]
    return blocks.map(([, text = ''], index) => ({
      where: `${path}, block ${index + 1}`,
      commands: commandsOf(text),
    }))
  })
}

/** The examples of every command's help. */
export async function helpExamples(): Promise<readonly ShellBlock[]> {
  const program = await createProgram({ stdio: {} as CommandContext['stdio'], exit: () => {} })
  const commands = [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]
  return commands.map(command => {
    let help = ''
    command.configureOutput({
      writeOut: text => {
        help += text
      },
    })
    command.outputHelp()
    const examples = [...help.matchAll(/^ {2}\$ (.*)$/gm)].map(([, example]) => example)
    return {
      where: `${wordsOf(command).join(' ')} --help`,
      commands: commandsOf(examples.join('\n')),
    }
  })
}

/** The words that call a command: `cookietin cluster status`. */
const wordsOf = (command: Command): string[] => [
  ...(command.parent === null ? [] : wordsOf(command.parent)),
  command.name(),
]

/** One command for each line, without comments. */
function commandsOf(text: string): string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map(line => line.replace(/(^|\s)# .*$/, '').trim())
    .filter(line => line !== '')
}

/** The JSON blocks of a page, in their order. */
export function jsonBlocks(path: string): readonly string[] {
  return [...page(path).matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => text)
}
