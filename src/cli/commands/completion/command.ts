import { Argument, Command } from 'commander'
import type { CommandContext } from '../../command-context.ts'
import { bashScript } from './bash.ts'
import { completionsOf } from './completions.ts'
import { fishScript } from './fish.ts'
import { zshScript } from './zsh.ts'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript }

/** `cookietin completion`. `loadProgram` creates the program with all of its commands. */
export function completionCommand({ stdio }: CommandContext, loadProgram: () => Promise<Command>): Command {
  return new Command('completion')
    .summary('print a script by which a shell completes cookietin')
    .description('Prints a script by which a shell completes the commands, options and values of cookietin.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .addHelpText('after', examples)
    .action(async (shell: keyof typeof scripts) => {
      await stdio.line(scripts[shell](completionsOf(await loadProgram())).trimEnd())
    })
}

const examples = `
bash: add the output to ~/.bashrc, or write it to ~/.local/share/bash-completion/completions/cookietin
zsh: write it to a file _cookietin in a folder of $fpath, before compinit
fish: write it to ~/.config/fish/completions/cookietin.fish

Examples:
  $ cookietin completion bash > cookietin.bash
  $ cookietin completion zsh > _cookietin
  $ cookietin completion fish > cookietin.fish`
