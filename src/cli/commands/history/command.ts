import { Command, Option } from 'commander'
import type { History, HistoryQuery, HistoryStatus } from '../../../history/index.ts'
import { historyStatuses as statuses } from '../../../history/validation.ts'
import { type CommandContext, collect } from '../../command-context.ts'
import { samplingHint } from '../../drivers/drivers.ts'
import { exitCodes } from '../../exit-codes.ts'
import { readCount } from '../../options/count.ts'
import { addHistoryOption, type HistoryOption, openExistingHistory } from '../../options/history.ts'
import { readDuration, readLabelFilter, readSince } from '../../options/values.ts'
import { colorsFor } from '../../output/colors.ts'
import { printable, printableJson } from '../../output/printable.ts'
import { statsJson } from '../../output/result-json.ts'
import { plotStats, plotWidth } from '../../output/stats-plot.ts'
import { UsageError } from '../../usage-error.ts'
import { callTable, runDetails, runTable } from './text.ts'

interface HistoryCommandOptions extends HistoryOption {
  readonly status?: readonly HistoryStatus[]
  readonly image?: string
  readonly label?: readonly string[]
  readonly since?: string
  readonly limit?: string
  readonly json?: boolean
  readonly prune?: boolean
  readonly maxAge?: string
  readonly maxRuns?: string
  readonly maxCalls?: string
  readonly calls?: boolean
  readonly function?: string
  readonly failed?: boolean
}

/** Its values are completed by shells. */
const statusOption = () =>
  new Option('--status <status>', 'only runs with this status (repeatable)')
    .choices(statuses)
    .argParser((text, earlier: readonly HistoryStatus[] | undefined) => [...(earlier ?? []), readStatus(text)])

/** `cookietin history`. */
export function historyCommand(context: CommandContext): Command {
  const command = new Command('history')
    .summary('list stored runs or calls, or show a run with its plot')
    .description(
      'Lists the runs that run and batch stored with --history, the newest first. With ID, shows one of them. With --calls, lists the calls of functions that invoke and serve stored.',
    )
    .usage('[options] [ID]')
    .argument('[id]', 'the id of a run; shows the newest run of that id')
  return addHistoryOption(command, 'where the runs are stored')
    .addOption(statusOption())
    .option('--image <image>', 'only runs or calls of this image')
    .option('--label <name=value>', 'only runs with this label (repeatable)', collect)
    .option('--since <time>', 'only runs or calls since: 2h, 7d, or 2026-01-31, 2026-01-31T12:00')
    .option('-n, --limit <number>', 'maximum number of runs or calls (default: 20)')
    .option('--json', 'print a line of JSON for each run; with ID, also its transitions and samples')
    .option('--calls', 'list calls of functions; with ID, that of this id')
    .option('--function <name>', 'with --calls: only calls of this function')
    .option('--failed', 'with --calls: only calls with an error, or a status of 400 or more')
    .option('--prune', 'remove what is beyond --max-age, --max-runs or --max-calls')
    .option('--max-age <duration>', 'with --prune: remove older runs and calls; such as 30d')
    .option('--max-runs <number>', 'with --prune: keep this many of the newest runs')
    .option('--max-calls <number>', 'with --prune: keep this many of the newest calls')
    .addHelpText('after', examples)
    .action((id: string | undefined, options: HistoryCommandOptions) => showHistory(context, id, options))
}

const examples = `
Examples:
  $ export COOKIETIN_HISTORY=~/.local/state/cookietin.db
  $ cookietin run --id sum python:3-slim python -c 'print(sum(range(10**7)))'
  $ cookietin history
  $ cookietin history sum
  $ cookietin history --calls --failed --limit 5
  $ cookietin history --status error --status timeout --since 24h
  $ cookietin history --prune --max-age 30d`

async function showHistory(context: CommandContext, id: string | undefined, options: HistoryCommandOptions) {
  const { stdio } = context
  checkCombination(id, options)
  const query = queryOf(options)
  const limits = options.prune ? limitsOf(options) : undefined
  await using history = await openExistingHistory(options, stdio, !options.prune)
  if (limits !== undefined) await prune(context, history, limits)
  else if (options.calls) await listCalls(context, history, id, options)
  else if (id === undefined) await list(context, history, query, options.json ?? false)
  else await show(context, history, id, options.json ?? false)
}

/** Rejects options that would have no effect together: users could expect a removal, or a smaller one. */
function checkCombination(id: string | undefined, options: HistoryCommandOptions): void {
  const { prune, maxAge, maxRuns, maxCalls, calls, failed, status, image, label, since, limit } = options
  const isGiven = (value: unknown) => value !== undefined
  if (!prune && [maxAge, maxRuns, maxCalls].some(isGiven)) {
    throw new UsageError('history: --max-age, --max-runs and --max-calls need --prune')
  }
  if (prune && [id, status, image, label, since, limit, calls, options.function, failed].some(isGiven)) {
    throw new UsageError(
      'history: --prune takes only --max-age, --max-runs and --max-calls; it cannot select runs by id, status, image, label or time',
    )
  }
  if (!calls && [options.function, failed].some(isGiven))
    throw new UsageError('history: --function and --failed need --calls')
  if (calls && [status, label].some(isGiven))
    throw new UsageError('history: --calls takes --function and --failed in place of --status and --label')
}

async function list({ stdio }: CommandContext, history: History, query: HistoryQuery, json: boolean): Promise<void> {
  const runs = await history.list(query)
  if (!json && runs.length === 0) return stdio.note('no runs')
  const lines = json ? runs.map(run => printableJson(run)) : runTable(runs, colorsFor(stdio.isTerminal.stdout))
  for (const line of lines) await stdio.line(line)
}

async function listCalls(
  { stdio }: CommandContext,
  history: History,
  id: string | undefined,
  { image, since, limit, failed, json, function: functionName }: HistoryCommandOptions,
): Promise<void> {
  const calls = await history.listCalls({ id, functionName, image, failed, ...partOf({ since, limit }) })
  if (!json && calls.length === 0) return stdio.note('no calls')
  const lines = json ? calls.map(call => printableJson(call)) : callTable(calls, colorsFor(stdio.isTerminal.stdout))
  for (const line of lines) await stdio.line(line)
}

async function show({ stdio, exit }: CommandContext, history: History, id: string, json: boolean): Promise<void> {
  const run = await history.get(id)
  if (run === undefined) {
    stdio.note(`cookietin: the history has no run ${printable(id)}`)
    return exit(exitCodes.failed)
  }
  if (json) return stdio.line(printableJson({ ...run, stats: statsJson(run.stats) }))
  const colors = colorsFor(stdio.isTerminal.stdout)
  const plot =
    run.status === 'unfinished'
      ? []
      : [
          '',
          ...(await plotStats(run.stats, {
            width: plotWidth(stdio.columns.stdout),
            height: 9,
            colors,
            hint: await samplingHint(),
          })),
        ]
  for (const line of [...runDetails(run, colors), ...plot]) await stdio.line(line)
}

type Limits = NonNullable<Parameters<History['prune']>[0]>

function limitsOf({ maxAge, maxRuns, maxCalls }: HistoryCommandOptions): Limits {
  if (maxAge === undefined && maxRuns === undefined && maxCalls === undefined) {
    throw new UsageError('history: --prune needs --max-age, such as 30d, --max-runs or --max-calls')
  }
  return {
    maxAge: maxAge === undefined ? undefined : readDuration('--max-age', maxAge),
    maxRuns: maxRuns === undefined ? undefined : readCount('--max-runs', maxRuns),
    maxCalls: maxCalls === undefined ? undefined : readCount('--max-calls', maxCalls),
  }
}

async function prune({ stdio }: CommandContext, history: History, limits: Limits): Promise<void> {
  const count = await history.prune(limits)
  await stdio.line(`${count} ${count === 1 ? 'run or call' : 'runs and calls'} removed`)
}

function queryOf({ status, image, label, since, limit }: HistoryCommandOptions): HistoryQuery {
  return {
    status,
    image,
    labels: label === undefined ? undefined : readLabelFilter(label),
    ...partOf({ since, limit }),
  }
}

/** Which part of a list is wanted. */
const partOf = ({ since, limit }: { since: string | undefined; limit: string | undefined }) => ({
  since: since === undefined ? undefined : readSince(since),
  limit: limit === undefined ? 20 : readCount('--limit', limit),
})

function readStatus(text: string): HistoryStatus {
  const status = statuses.find(known => known === text)
  if (status === undefined) throw new UsageError(`--status: "${text}" is not one of ${statuses.join(', ')}`)
  return status
}
