import { Command } from 'commander'
import type { CommandContext } from '../../command-context.ts'
import { withDocker } from '../../drivers/docker-access.ts'
import { listRuns, runJson } from '../../drivers/runs/list.ts'
import { exitCodes } from '../../exit-codes.ts'
import { Interrupts } from '../../interrupts.ts'
import { columns } from '../../output/columns.ts'
import { formatDuration } from '../../output/format.ts'
import { printable, printableJson } from '../../output/printable.ts'

/** `cookietin ps`. */
export function psCommand(context: CommandContext): Command {
  return new Command('ps')
    .summary('list the containers of all cookietin processes of this machine')
    .description('Lists the containers of all cookietin processes of this machine, the newest first, by their labels.')
    .option('--json', 'print each of them as a line of JSON')
    .addHelpText('after', examples)
    .action(async ({ json = false }: { readonly json?: boolean }) => await ps(context, json))
}

const examples = `
Exit code: 0, also if there is none; 125 if no engine answers.

Examples:
  $ cookietin ps
  $ cookietin ps --json`

async function ps({ stdio, exit }: CommandContext, isJson: boolean): Promise<void> {
  using interrupts = new Interrupts(stdio)
  const runs = await withDocker(interrupts.signal, docker => listRuns(docker, interrupts.signal))
  const now = Date.now()
  const rows = runs.map(({ id, image, kind, state, pid, owned, created }) => [
    printable(id),
    printable(image),
    kind,
    printable(state),
    `${pid ?? '-'}${owned ? '' : ' (dead)'}`,
    formatDuration(Math.max(0, now - created)),
  ])
  const lines = isJson
    ? runs.map(run => printableJson(runJson(run)))
    : columns([['ID', 'IMAGE', 'KIND', 'STATE', 'PID', 'AGE'], ...rows])
  for (const line of lines) await stdio.line(line)
  exit(interrupts.exitCode ?? exitCodes.ok)
}
