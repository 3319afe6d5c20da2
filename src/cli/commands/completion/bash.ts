import { type CommandCompletion, quoted, valuesOf } from './completions.ts'

/** The script for bash 3.2 and later. What it does not know is completed as files. */
export function bashScript(commands: readonly CommandCompletion[]): string {
  return `# Completion of cookietin for bash, made by: cookietin completion bash
_cookietin() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local options= arguments= taking= ends= known= word= skip= at=2
  COMPREPLY=()
  # bash takes --option=value apart.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W ${quoted(['--help', '--version', ...commands.map(({ name }) => name)].join(' '))} -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map(commandCase).join('\n')}
    *) return ;;
  esac
  if [[ -n $known ]]; then
    COMPREPLY=($(compgen -W "$known" -- "$current"))
    return
  fi
  [[ " $taking " == *" $previous "* ]] && return
  # What follows the first argument may be of another program.
  for (( ; at < COMP_CWORD; at++ )); do
    word=\${COMP_WORDS[at]}
    if [[ -n $skip ]]; then skip=
    elif [[ $word == -- ]]; then return
    elif [[ $word == = ]]; then skip=1
    elif [[ " $taking " == *" $word "* ]]; then [[ \${COMP_WORDS[at+1]} == = ]] || skip=1
    elif [[ -n $ends && $word != -* ]]; then return
    fi
  done
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n $arguments ]]; then COMPREPLY=($(compgen -W "$arguments" -- "$current"))
  fi
}
complete -o default -F _cookietin cookietin
`
}

function commandCase(command: CommandCompletion): string {
  const { known, free } = valuesOf(command)
  const taking = [...free, ...known.flatMap(({ flags }) => flags)]
  const cases = known.map(({ flags, values }) => `        ${flags.join('|')}) known=${quoted(values.join(' '))} ;;`)
  return [
    `    ${command.name})`,
    `      options=${quoted(command.options.flatMap(({ flags }) => flags).join(' '))}`,
    `      taking=${quoted(taking.join(' '))}`,
    `      arguments=${quoted(command.values.join(' '))} ends=${command.endsAtArgument ? '1' : ''}`,
    ...(cases.length > 0 ? ['      case $previous in', ...cases, '      esac'] : []),
    '      ;;',
  ].join('\n')
}
