import { Command } from 'commander'
import { resolveDockerConfig } from '../../engines/docker/config/config.ts'
import { connect } from '../../engines/docker/connection/connect.ts'
import { Liveness } from '../../engines/docker/connection/liveness.ts'
import { type Orphan, reapOrphans } from '../../engines/docker/orphans.ts'
import { reapProcesses } from '../../engines/process/orphans.ts'
import { type SweptFolder, sweepSocketFolders } from '../../functions/socket/sweep.ts'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { Interrupts } from '../interrupts.ts'
import { columns } from '../output/columns.ts'
import { printable } from '../output/printable.ts'
import { errorJson } from '../output/result-json.ts'
import { UsageError } from '../usage-error.ts'

interface GcOptions {
  readonly driver: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `cookietin gc`. */
export function gcCommand(context: CommandContext): Command {
  return new Command('gc')
    .summary('remove what dead processes left')
    .description(
      'Removes the containers, and the folders of the sockets of hot functions, that cookietin processes of this machine left when they were killed; with --driver process ends the processes that they left. Touches nothing else, and nothing of a living process.',
    )
    .option('--driver <docker|process>', 'what to look for: containers, or processes of this machine', 'docker')
    .option('--dry-run', 'only list them')
    .option('--json', 'print each as a line of JSON')
    .addHelpText('after', examples)
    .action((options: GcOptions) => gc(context, options))
}

const examples = `
Exit code: 0 when nothing is left, 1 when something could not be removed, 125 when no engine answers.

Examples:
  $ cookietin gc --dry-run
  $ cookietin gc`

async function gc(context: CommandContext, options: GcOptions): Promise<void> {
  if (options.driver === 'process') await gcProcesses(context, options)
  else if (options.driver === 'docker') await gcContainers(context, options)
  else throw new UsageError(`--driver: "${options.driver}" is not one of docker, process`)
}

async function gcProcesses(
  { stdio, exit }: CommandContext,
  { dryRun = false, json = false }: GcOptions,
): Promise<void> {
  const orphans = reapProcesses({ dryRun })
  for (const { pid, command, owner, removed } of orphans) {
    const done = removed ? 'ended' : dryRun ? 'would end' : 'left'
    await stdio.line(json ? JSON.stringify({ pid, command, owner, removed }) : `${done}  ${pid}  ${printable(command)}`)
  }
  const left = dryRun ? 0 : orphans.filter(({ removed }) => !removed).length
  if (!json && orphans.length === 0) await stdio.line('No process of a dead process was found.')
  exit(left > 0 ? exitCodes.failed : exitCodes.ok)
}

async function gcContainers(
  { stdio, exit }: CommandContext,
  { dryRun = false, json = false }: GcOptions,
): Promise<void> {
  using interrupts = new Interrupts(stdio)
  // A driver would do the same at its start, but not without removing.
  const config = resolveDockerConfig({}, process.env)
  const { api, close, revive } = await connect(config, process.env)
  const liveness = new Liveness(api, { interval: config.engineTimeout, deadline: config.engineTimeout, revive })
  let orphans: readonly Orphan[]
  try {
    orphans = await reapOrphans({ api, liveness, config }, { dryRun, signal: interrupts.signal })
  } finally {
    liveness.close()
    await close()
  }
  // After the containers, which may be using them.
  const folders = await sweepSocketFolders({ dryRun }).catch(() => [])
  const lines = json
    ? [...orphans.map(orphanJson), ...folders.map(folder => JSON.stringify(folder))]
    : [
        ...columns([
          ...orphans.map(orphan => containerRow(orphan, dryRun)),
          ...folders.map(folder => folderRow(folder, dryRun)),
        ]),
        total(orphans, dryRun),
      ]
  for (const line of lines) await stdio.line(line)
  const left = dryRun ? [] : [...orphans, ...folders].filter(({ removed }) => !removed)
  exit(interrupts.exitCode ?? (left.length > 0 ? exitCodes.failed : exitCodes.ok))
}

const done = (removed: boolean, dryRun: boolean) => (removed ? 'removed' : dryRun ? 'would remove' : 'left')

const containerRow = ({ name, state, removed, error }: Orphan, dryRun: boolean): string[] => [
  done(removed, dryRun),
  printable(name),
  state,
  error === undefined ? '' : printable(error.message),
]

const folderRow = ({ path, removed }: SweptFolder, dryRun: boolean): string[] => [
  done(removed, dryRun),
  printable(path),
  'folder',
  '',
]

function total(orphans: readonly Orphan[], dryRun: boolean): string {
  if (orphans.length === 0) return 'No container of a dead process was found.'
  const count = (n: number) => `${n} ${n === 1 ? 'container' : 'containers'}`
  if (dryRun) return `${count(orphans.length)} would be removed.`
  const removed = orphans.filter(orphan => orphan.removed).length
  return `${count(removed)} removed${removed === orphans.length ? '' : `, ${orphans.length - removed} left`}.`
}

const orphanJson = ({ error, ...orphan }: Orphan) => JSON.stringify({ ...orphan, error: errorJson(error) })
