import type { Command } from 'commander'

/** The options of samples, as commander parses them. */
export interface StatsOptions {
  readonly stats?: boolean
  readonly 'stats=json'?: boolean
}

/**
 * Adds `--stats` and `--stats=json`. Two flags: with an optional value, commander would take the next word as the
 * value, which may be the image.
 */
export function addStatsOption(command: Command, where: string): Command {
  return command
    .option('--stats', `plot the CPU and the memory of each run, ${where}`)
    .option('--stats=json', 'print the samples of each run as a line of JSON instead of a plot')
}

/** Returns the requested form, if any. */
export function statsForm(options: StatsOptions): 'plot' | 'json' | undefined {
  if (options['stats=json']) return 'json'
  return options.stats ? 'plot' : undefined
}
