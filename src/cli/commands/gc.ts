import { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { addDriverOption, type DriverOption, driverOf } from '../drivers/drivers.ts'
import { exitCodes } from '../exit-codes.ts'
import { Interrupts } from '../interrupts.ts'
import { columns } from '../output/columns.ts'
import { printableJson } from '../output/printable.ts'

interface GcOptions extends DriverOption {
  readonly dryRun?: boolean
  readonly volumes?: boolean
  readonly json?: boolean
}

/** `cookietin gc`. */
export function gcCommand(context: CommandContext): Command {
  const command = new Command('gc')
    .summary('remove containers and processes of killed cookietin processes, and what is overdue')
    .description(
      'Removes the containers and socket folders that killed cookietin processes of this machine left. With --driver process, ends the processes that they left. Does not touch anything of a living process but containers whose deadline has passed.',
    )
  return addDriverOption(command, 'what to remove: containers, or processes of this machine')
    .option('--dry-run', 'only list them')
    .option('--volumes', 'also remove the named volumes of runs that no container uses, with all that they hold')
    .option('--json', 'print each of them as a line of JSON')
    .addHelpText('after', examples)
    .action((options: GcOptions) => gc(context, options))
}

const examples = `
Exit code: 0 if nothing is left, 1 if something could not be removed, 125 if no engine answers.

Examples:
  $ cookietin gc --dry-run --volumes
  $ cookietin gc`

async function gc(
  { stdio, exit }: CommandContext,
  { driver, dryRun = false, volumes = false, json = false }: GcOptions,
): Promise<void> {
  using interrupts = new Interrupts(stdio)
  const { orphans, summary } = await (await driverOf(driver)).removeOrphans({
    dryRun,
    volumes,
    signal: interrupts.signal,
  })
  const lines = json
    ? orphans.map(orphan => printableJson(orphan.json))
    : [...columns(orphans.map(({ cells }) => cells)), ...(summary === undefined ? [] : [summary])]
  for (const line of lines) await stdio.line(line)
  const isLeft = !dryRun && orphans.some(({ removed }) => !removed)
  exit(interrupts.exitCode ?? (isLeft ? exitCodes.failed : exitCodes.ok))
}
