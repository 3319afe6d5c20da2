import type { CommandCompletion, OptionCompletion } from './completions.ts'

/** The script for fish. What it does not know is completed as files. */
export function fishScript(commands: readonly CommandCompletion[]): string {
  return `# Completion of cookietin for fish, made by: cookietin completion fish
complete -c cookietin -e
${commands.flatMap(linesOf).join('\n')}
`
}

function linesOf(command: CommandCompletion): readonly string[] {
  const { name, description, options, values } = command
  const seen = `-n '__fish_seen_subcommand_from ${name}'`
  return [
    `complete -c cookietin -n __fish_use_subcommand -f -a ${name} -d ${quotedForFish(description)}`,
    ...options.map(option => `complete -c cookietin ${seen} ${optionWords(option)}`),
    ...(values.length > 0 ? [`complete -c cookietin ${seen} -f -a ${quotedForFish(values.join(' '))}`] : []),
  ]
}

function optionWords({ flags, description, takesValue, values }: OptionCompletion): string {
  const names = flags.map(flag => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  const value = values.length > 0 ? [`-x -a ${quotedForFish(values.join(' '))}`] : takesValue ? ['-r'] : []
  return [...names, ...value, `-d ${quotedForFish(description)}`].join(' ')
}

const quotedForFish = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
