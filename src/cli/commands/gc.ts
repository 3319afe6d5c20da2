import { Command } from 'commander'
import { ownerState } from '../../utils/owner.ts'
import { pause } from '../../utils/timing.ts'
import type { CommandContext } from '../command-context.ts'
import { addDriverOption, type DriverOption, driverOf } from '../drivers/drivers.ts'
import { exitCodes } from '../exit-codes.ts'
import { Interrupts } from '../interrupts.ts'
import { columns } from '../output/columns.ts'
import { printableJson } from '../output/printable.ts'

interface GcOptions extends DriverOption {
  readonly dryRun?: boolean
  readonly owner?: string
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
    .option('--owner <token>', 'only what this process made, once it has ended; as closeOn starts it at an exit')
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

/** How long an engine may take for a call of a process that has ended, in ms. */
const lateCalls = 2_000
/** How long the owner may take to end, in ms. */
const mostWait = 10_000

/** Waits for the end of a process that is about to end. */
async function untilEnded(owner: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + mostWait
  while (ownerState(owner) === 'alive' && performance.now() < until) if (!(await pause(20, signal))) return
}

async function gc(
  { stdio, exit }: CommandContext,
  { driver, dryRun = false, owner, volumes = false, json = false }: GcOptions,
): Promise<void> {
  using interrupts = new Interrupts(stdio)
  const { signal } = interrupts
  const { removeOrphans } = await driverOf(driver)
  const remove = () => removeOrphans({ dryRun, owner, volumes, signal })
  if (owner !== undefined) await untilEnded(owner, signal)
  let { orphans, summary } = await remove()
  // The engine may still have carried out a call of the process.
  if (owner !== undefined && !dryRun && (await pause(lateCalls, signal))) {
    const late = await remove()
    orphans = [...orphans.filter(({ removed }) => removed), ...late.orphans]
    if (orphans.length > 0) summary = undefined
  }
  const lines = json
    ? orphans.map(orphan => printableJson(orphan.json))
    : [...columns(orphans.map(({ cells }) => cells)), ...(summary === undefined ? [] : [summary])]
  for (const line of lines) await stdio.line(line)
  const isLeft = !dryRun && orphans.some(({ removed }) => !removed)
  exit(interrupts.exitCode ?? (isLeft ? exitCodes.failed : exitCodes.ok))
}
