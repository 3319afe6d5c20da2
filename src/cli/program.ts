import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { batchCommand } from './commands/batch/command.ts'
import { doctorCommand } from './commands/doctor/command.ts'
import { explainCommand } from './commands/explain.ts'
import { gcCommand } from './commands/gc.ts'
import { historyCommand } from './commands/history/command.ts'
import { inspectCommand } from './commands/inspect.ts'
import { invokeCommand } from './commands/invoke/command.ts'
import { runCommand } from './commands/run.ts'
import { serveCommand } from './commands/serve/command.ts'
import { printableLines } from './output/printable.ts'

/** Creates the command line with all of its commands. */
export function createProgram(context: CommandContext): Command {
  const { stdio } = context
  const program = new Command('cookietin')
    .description('Runs containers that you can watch, freeze and cancel.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .enablePositionalOptions()
    .addCommand(runCommand(context))
    .addCommand(batchCommand(context))
    .addCommand(invokeCommand(context))
    .addCommand(serveCommand(context))
    .addCommand(doctorCommand(context))
    .addCommand(gcCommand(context))
    .addCommand(explainCommand(context))
    .addCommand(historyCommand(context))
    .addCommand(inspectCommand(context))
    .addHelpText(
      'after',
      `
Examples:
  $ cookietin run busybox echo hi
  $ cookietin batch tasks.jsonl --concurrency 4
  $ cookietin doctor

The engine is that of DOCKER_HOST, of DOCKER_CONTEXT, or at the default socket.`,
    )
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .configureOutput({
        writeOut: text => void stdio.stdout.write(text),
        writeErr: text => void stdio.stderr.write(text),
        getOutHasColors: () => false,
        getErrHasColors: () => false,
        outputError: (text, write) =>
          write(`${printableLines(text.replace(/^error: /, 'cookietin: '))}Try \`${helpCommand(command)}\`.\n`),
      })
  }
  return program
}

const helpCommand = (command: Command) =>
  [command.parent?.name(), command.name(), '--help'].filter(word => word !== undefined).join(' ')

/** Reads package.json, which is beside `src/` in the repository and beside `dist/` in the package. */
function packageVersion(): string {
  const places = ['../../package.json', '../../../package.json'].map(path => new URL(path, import.meta.url))
  for (const place of places) {
    try {
      const { name, version } = JSON.parse(readFileSync(place, 'utf8')) as { name?: string; version?: string }
      if (name === 'cookietin' && version !== undefined) return version
    } catch {
      // Not in this place.
    }
  }
  return 'unknown'
}
