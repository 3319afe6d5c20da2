import type { Command } from 'commander'

/** How `--stats` is wanted, as commander gives it. */
export interface StatsOptions {
  readonly stats?: boolean
  readonly 'stats=json'?: boolean
}

/**
 * Adds `--stats` and `--stats=json`. Two flags, since commander would take the word after a flag with an optional value for the value: here it may be
 * the image.
 */
export function addStatsOption(command: Command, where: string): Command {
  return command
    .option('--stats', `plot the CPU and the memory of each run, ${where}`)
    .option('--stats=json', 'print the points instead of a plot, a line of JSON for each run')
}

/** What was asked for. */
export function statsForm(options: StatsOptions): 'plot' | 'json' | undefined {
  if (options['stats=json']) return 'json'
  return options.stats ? 'plot' : undefined
}
