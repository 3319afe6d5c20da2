import { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { printableLines } from './output/printable.ts'
import { version } from './version.ts'

/** Makes each command, in the order of the help. A command is loaded only when it is called. */
const commands: Readonly<Record<string, () => Promise<(context: CommandContext) => Command>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand,
  batch: async () => (await import('./commands/batch/command.ts')).batchCommand,
  invoke: async () => (await import('./commands/invoke/command.ts')).invokeCommand,
  serve: async () => (await import('./commands/serve/command.ts')).serveCommand,
  doctor: async () => (await import('./commands/doctor/command.ts')).doctorCommand,
  ps: async () => (await import('./commands/runs/ps.ts')).psCommand,
  logs: async () => (await import('./commands/runs/logs.ts')).logsCommand,
  stop: async () => (await import('./commands/runs/stop.ts')).stopCommand,
  stats: async () => (await import('./commands/runs/stats.ts')).statsCommand,
  gc: async () => (await import('./commands/gc.ts')).gcCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  history: async () => (await import('./commands/history/command.ts')).historyCommand,
  worker: async () => (await import('./commands/cluster/worker.ts')).workerCommand,
  cluster: async () => (await import('./commands/cluster/status.ts')).clusterCommand,
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand,
  completion: async () => {
    const { completionCommand } = await import('./commands/completion/command.ts')
    return context => completionCommand(context, () => createProgram(context))
  },
}

/**
 * Creates the command line, with the command that the first word names. With all of its commands when that word names none, since the help
 * and the suggestions list them.
 */
export async function createProgram(context: CommandContext, first?: string): Promise<Command> {
  const { stdio } = context
  const program = new Command('cookietin')
    .description('Runs containers that you can watch, freeze and cancel.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Examples:
  $ cookietin run busybox echo hi
  $ cookietin batch tasks.jsonl --concurrency 4
  $ cookietin doctor

The engine is that of DOCKER_HOST, of DOCKER_CONTEXT, or at the default socket.`,
    )
  const called = first !== undefined && Object.hasOwn(commands, first) ? [commands[first]] : Object.values(commands)
  for (const load of called) if (load !== undefined) program.addCommand((await load())(context))
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
