import { type CommandCompletion, quoted, valuesOf } from './completions.ts'

/** The script for zsh, for a folder of `$fpath`. What it does not know is completed as files. */
export function zshScript(commands: readonly CommandCompletion[]): string {
  return `#compdef cookietin
# Completion of cookietin for zsh, made by: cookietin completion zsh
_cookietin() {
  local -a commands options values taking
  local previous=\${words[CURRENT-1]} ends= word= skip= at=3
  if (( CURRENT == 2 )); then
    commands=(${commands.map(({ name, description }) => described(name, description)).join(' ')})
    _describe command commands
    return
  fi
  case \${words[2]} in
${commands.map(commandCase).join('\n')}
    *) _files; return ;;
  esac
  if (( \${taking[(Ie)$previous]} )); then _files; return; fi
  # What follows the first argument may be of another program.
  for (( ; at < CURRENT; at++ )); do
    word=\${words[at]}
    if [[ -n $skip ]]; then skip=
    elif [[ $word == -- ]]; then _files; return
    elif (( \${taking[(Ie)$word]} )); then skip=1
    elif [[ -n $ends && $word != -* ]]; then _files; return
    fi
  done
  if [[ \${words[CURRENT]} == -* ]]; then _describe -o option options
  elif (( $#values )); then compadd -a values
  else _files
  fi
}
if [[ \${funcstack[1]} == _cookietin ]]; then _cookietin "$@"; else compdef _cookietin cookietin; fi
`
}

function commandCase(command: CommandCompletion): string {
  const { known, free } = valuesOf(command)
  const options = command.options.flatMap(({ flags, description }) => flags.map(flag => described(flag, description)))
  const taking = [...free, ...known.flatMap(({ flags }) => flags)]
  return [
    `    ${command.name})`,
    `      options=(${options.join(' ')})`,
    `      taking=(${taking.map(quoted).join(' ')})`,
    `      values=(${command.values.map(quoted).join(' ')}) ends=${command.endsAtArgument ? '1' : ''}`,
    ...(known.length > 0
      ? [
          '      case $previous in',
          ...known.map(
            ({ flags, values }) => `        ${flags.join('|')}) compadd -- ${values.map(quoted).join(' ')}; return ;;`,
          ),
          '      esac',
        ]
      : []),
    '      ;;',
  ].join('\n')
}

const described = (name: string, description: string) =>
  quoted(`${name}:${description.replaceAll('\\', '\\\\').replaceAll(':', '\\:')}`)
