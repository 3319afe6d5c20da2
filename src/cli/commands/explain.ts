import { Command } from 'commander'
import { resolveDockerConfig } from '../../engines/docker/config/config.ts'
import { type Explanation, explain } from '../../engines/docker/create-options/explain.ts'
import { checkDigest, checkUser } from '../../engines/docker/create-options/hardened.ts'
import { containerHostname, labelsOf } from '../../engines/docker/create-options/identity.ts'
import { checkTaskOptions } from '../../engines/docker/create-options/task-options.ts'
import { resolveTask } from '../../task/resolve-task.ts'
import { redactJson } from '../../utils/redact.ts'
import type { CommandContext } from '../command-context.ts'
import { addTaskOptions, type TaskOptions, taskOf } from '../options/task.ts'
import { padTo } from '../output/columns.ts'
import { printable, printableJson } from '../output/printable.ts'

interface ExplainOptions extends TaskOptions {
  readonly json?: boolean
}

/** `cookietin explain`. */
export function explainCommand(context: CommandContext): Command {
  const command = new Command('explain')
    .summary('show the create options of a run, with their reasons')
    .description(
      'Shows the create options that a run would send to the engine, each with its reason. Takes the options of run. Connects to no engine, and runs nothing.',
    )
  return addTaskOptions(command)
    .option('--json', 'print the options as JSON')
    .addHelpText('after', examples)
    .action((image: string, words: string[], options: ExplainOptions) => explainRun(context, image, words, options))
}

const examples = `
The settings of the docker driver come from the environment, as for run. Values of variables are not shown, and secrets are masked wherever they occur.

Examples:
  $ cookietin explain busybox echo hi
  $ cookietin explain --hardened --memory 64m --json python:3-slim python x.py
  $ COOKIETIN_ALLOW='capabilities' cookietin explain busybox`

async function explainRun({ stdio }: CommandContext, image: string, words: readonly string[], options: ExplainOptions) {
  const config = resolveDockerConfig({}, process.env)
  const task = resolveTask({ ...taskOf(image, words, options), input: options.interactive ? '' : undefined }, config)
  checkUser(task, config)
  checkDigest(task, config)
  checkTaskOptions(task, config)
  const labels = labelsOf('<random, one for each driver>', task.id)
  const explained = explain(task, config, { labels, hostname: containerHostname() })
  const explanation = redactJson(explained, task.secrets) as Explanation
  const lines = options.json ? [printableJson(explanation)] : text(explanation)
  for (const line of lines) await stdio.line(line)
}

/** The column of the reasons; a longer value moves its reason to the right. */
const reasonColumn = 48

function text({ options, loosened }: Explanation): string[] {
  const lines = options.map(({ option, value, reason }) => {
    const what = `${printable(option)}: ${printableJson(value)}`
    return `${padTo(reasonColumn, what)}  # ${printable(reason)}`
  })
  const total =
    loosened.length === 0 ? 'The security profile is not relaxed.' : `Relaxed by the config: ${loosened.join(', ')}.`
  return [...lines, '', total]
}
