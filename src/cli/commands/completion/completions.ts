import type { Command, Option } from 'commander'

/** An option, as a shell completes it. */
export interface OptionCompletion {
  /** Its names, with their dashes. */
  readonly flags: readonly string[]
  readonly description: string
  readonly takesValue: boolean
  /** The values that are known. Empty: any, such as a file. */
  readonly values: readonly string[]
}

/** A command, as a shell completes it. */
export interface CommandCompletion {
  readonly name: string
  readonly description: string
  readonly options: readonly OptionCompletion[]
  /** The known values of its first argument. Empty: any, such as a file. */
  readonly values: readonly string[]
  /** True if what follows the first argument is not of cookietin, as in `run IMAGE COMMAND`. */
  readonly endsAtArgument: boolean
}

/** Reads what can be completed from the definitions of the commands. */
export function completionsOf(program: Command): readonly CommandCompletion[] {
  return program.commands.map(command => ({
    name: command.name(),
    description: command.summary(),
    options: command.createHelp().visibleOptions(command).map(optionOf),
    values: command.registeredArguments[0]?.argChoices ?? [],
    // Commander has no public reader of it.
    endsAtArgument: (command as { _passThroughOptions?: boolean })._passThroughOptions === true,
  }))
}

const optionOf = (option: Option): OptionCompletion => ({
  flags: [option.short, option.long].filter(flag => flag !== undefined && flag !== null),
  description: option.description,
  takesValue: option.required,
  values: option.argChoices ?? valuesIn(option.flags),
})

/** Words of the help that stand for a text of the user's. */
const placeholders = new Set(['name', 'number', 'text'])

/** The values that an option names in its flags, as `--pull <missing|always|never>`. */
function valuesIn(flags: string): readonly string[] {
  const [, inside = ''] = /<([a-z0-9]+(?:\|[a-z0-9]+)+)>/.exec(flags) ?? []
  return inside.split('|').filter(word => word !== '' && !placeholders.has(word))
}

/** The options with known values, and the flags of those that take another one. */
export function valuesOf({ options }: CommandCompletion): {
  readonly known: readonly OptionCompletion[]
  readonly free: readonly string[]
} {
  const taking = options.filter(({ takesValue }) => takesValue)
  return {
    known: taking.filter(({ values }) => values.length > 0),
    free: taking.filter(({ values }) => values.length === 0).flatMap(({ flags }) => flags),
  }
}

/** Quotes a text for a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
