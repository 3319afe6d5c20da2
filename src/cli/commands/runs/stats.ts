import { Command } from 'commander'
import type { Stat } from '../../../stats/stat.ts'
import { pause } from '../../../utils/timing.ts'
import type { CommandContext } from '../../command-context.ts'
import { type DockerAccess, withDocker } from '../../drivers/docker-access.ts'
import { findRuns, withLabels } from '../../drivers/runs/find.ts'
import { inParallel } from '../../drivers/runs/in-parallel.ts'
import { type FoundRun, listRuns } from '../../drivers/runs/list.ts'
import { isUnderWay, oneSample, StatsWatch } from '../../drivers/runs/watch-stats.ts'
import { exitCodes } from '../../exit-codes.ts'
import { Interrupts } from '../../interrupts.ts'
import { printableJson } from '../../output/printable.ts'
import { statsJson } from '../../output/result-json.ts'
import type { Stdio } from '../../output/stdio.ts'
import { statsTable } from './stats-table.ts'

interface StatsCommandOptions {
  /** False with `--no-stream`. */
  readonly stream: boolean
  readonly json?: boolean
}

/** `cookietin stats`. */
export function statsCommand(context: CommandContext): Command {
  return new Command('stats')
    .summary('show CPU, memory, network and disk use of runs of this machine')
    .description(
      'Shows what runs of all cookietin processes of this machine use, as docker stats does: live on a terminal, once elsewhere. Without an id, all that are under way.',
    )
    .argument('[id...]', 'the ids of runs, or the names or ids of their containers, or the beginning of one')
    .option('--no-stream', 'show it once')
    .option('--json', 'print each sample as a line of JSON, until Ctrl-C or the end of the runs named')
    .addHelpText('after', examples)
    .action((ids: string[], options: StatsCommandOptions) => stats(context, ids, options))
}

const examples = `
Exit code: 0, 125 if an id is not that of one run or no engine answers; 130 at Ctrl-C.

Examples:
  $ cookietin stats --no-stream
  $ cookietin stats job --no-stream --json`

/** So many samples are asked for at once. */
const samplesAtOnce = 64
/** Time between two redraws, and between two looks at what runs, in ms. */
const redrawInterval = 1_000

async function stats(context: CommandContext, ids: readonly string[], { stream, json = false }: StatsCommandOptions) {
  const { stdio, exit } = context
  using interrupts = new Interrupts(stdio, { isQuiet: true })
  const { signal } = interrupts
  const isOnce = !stream || (!json && !hasScreen(stdio))
  await withDocker(signal, async docker => {
    const listed = await listRuns(docker, signal)
    const named = ids.length === 0 ? undefined : findRuns(ids, listed)
    const runs = (named ?? withLabels(listed, {})).filter(isUnderWay)
    if (isOnce) await showOnce(docker, runs, { stdio, json, signal })
    else await showLive(docker, runs, { stdio, json, signal, isNamed: named !== undefined })
  })
  exit(interrupts.exitCode ?? exitCodes.ok)
}

interface Show {
  readonly stdio: Stdio
  readonly json: boolean
  readonly signal: AbortSignal
}

async function showOnce(docker: DockerAccess, runs: readonly FoundRun[], { stdio, json, signal }: Show) {
  const sampled = await inParallel(runs, samplesAtOnce, run => oneSample(docker, run, signal))
  const lines = json
    ? sampled.flatMap(({ run, stat }) => (stat === undefined ? [] : [lineOf(run, stat)]))
    : statsTable(sampled)
  for (const line of lines) await stdio.line(line)
}

async function showLive(
  docker: DockerAccess,
  runs: readonly FoundRun[],
  { stdio, json, signal, isNamed }: Show & { readonly isNamed: boolean },
): Promise<void> {
  const names = new Set(runs.map(({ container }) => container))
  const watch = new StatsWatch(docker, (run, stat) => {
    if (json) void stdio.line(lineOf(run, stat))
  })
  const screen = json ? undefined : await openScreen(stdio, () => statsTable(watch.runs).join('\n'))
  try {
    watch.follow(runs)
    screen?.draw()
    while (watch.runs.length > 0 || !isNamed) {
      if (!(await pause(redrawInterval, signal))) return
      const listed = withLabels(await listRuns(docker, signal), {}).filter(isUnderWay)
      watch.follow(isNamed ? listed.filter(({ container }) => names.has(container)) : listed)
      screen?.draw()
    }
  } finally {
    watch.follow([])
    screen?.close()
  }
}

const hasScreen = ({ isTerminal, columns }: Stdio) => isTerminal.stdout && (columns.stdout ?? 0) > 0

/** Draws on standard output, above which notes are written. */
async function openScreen(stdio: Stdio, picture: () => string) {
  // It patches process.stdout when it is loaded.
  const { createLogUpdate } = await import('log-update')
  const write = createLogUpdate(stdio.stdout as NodeJS.WriteStream)
  const draw = () => write(picture())
  stdio.live = { clear: () => write.clear(), draw }
  return {
    draw,
    /** Leaves the last picture. */
    close() {
      stdio.live = undefined
      write.done()
    },
  }
}

/** In Fn's form, as `run --stats=json` writes samples. */
const lineOf = ({ id, container }: FoundRun, stat: Stat) =>
  printableJson({ id, container, ...(statsJson([stat]) as readonly object[])[0] })
