import { Command } from 'commander'
import { type CommandContext, collect } from '../command-context.ts'
import { readCount } from '../options/count.ts'
import { untilSignal } from '../options/inspect.ts'

interface ReplayOptions {
  readonly port?: string
  readonly allowedHost?: readonly string[]
}

/** `cookietin inspect`. */
export function inspectCommand(context: CommandContext): Command {
  return new Command('inspect')
    .summary("replay a recording on the inspector's page")
    .description('Replays a file of --record on a page of this machine, until Ctrl-C.')
    .argument('<file>', 'the recording')
    .option('-p, --port <number>', 'the port of the page (default: a free port)')
    .option('--allowed-host <host>', 'a further host of the page, as behind a tunnel (repeatable)', collect)
    .addHelpText('after', examples)
    .action((file: string, options: ReplayOptions) => inspect(context, file, options))
}

const examples = `
Examples:
  $ cookietin batch tasks.jsonl --record runs.ndjson
  $ cookietin inspect runs.ndjson`

async function inspect({ stdio }: CommandContext, file: string, { port, allowedHost }: ReplayOptions): Promise<void> {
  const given = port === undefined ? undefined : readCount('--port', port)
  const { openRecording } = await import('../../inspector/index.ts')
  await using replay = await openRecording(file, { port: given, allowedHosts: allowedHost })
  const end = untilSignal()
  await stdio.line(replay.url)
  await end
}
