import { Command } from 'commander'
import { type ResolvedDockerConfig, resolveDockerConfig } from '../../../engines/docker/config/config.ts'
import { explain } from '../../../engines/docker/connection/connect.ts'
import { type Probe, probeEndpoints } from '../../../engines/docker/connection/probe.ts'
import { fitFreezer } from '../../../engines/docker/container/control/freezer-source.ts'
import { CookietinError } from '../../../errors.ts'
import type { CommandContext } from '../../command-context.ts'
import { exitCodes } from '../../exit-codes.ts'
import { type Colors, colorsFor } from '../../output/colors.ts'
import { columns } from '../../output/columns.ts'
import { printable, printableJson } from '../../output/printable.ts'
import { errorJson } from '../../output/result-json.ts'
import { clusterJson, clusterReport, type FoundCluster, lookAtCluster } from './cluster.ts'
import { abilitiesOf, type EngineInfo, factsOf } from './report.ts'
import { type SpeedSettings, speedAdvice } from './speed.ts'

/** `cookietin doctor`. */
export function doctorCommand(context: CommandContext): Command {
  return new Command('doctor')
    .summary('check whether an engine answers, and which features work')
    .description(
      'Tries every address where an engine may listen, and lists what works on the first that answers. With COOKIETIN_CLUSTER, it looks at that cluster, too.',
    )
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', examples)
    .action((options: { readonly json?: boolean }) => doctor(context, options))
}

const examples = `
Exit code: 0 if an engine answers, 1 if none does, or if the Redis of COOKIETIN_CLUSTER does not.

Examples:
  $ cookietin doctor
  $ DOCKER_HOST=ssh://me@far.example cookietin doctor`

async function doctor({ stdio, exit }: CommandContext, { json = false }: { readonly json?: boolean }): Promise<void> {
  const config = resolveDockerConfig({}, process.env)
  const probes = await probeEndpoints(config, process.env)
  const probe = probes.find(({ ok }) => ok)
  const found = probe && { ...probe, freezer: await freezerOf(probe, config) }
  const cluster = await lookAtCluster()
  const findings: Findings = { probes, found, config, cluster }
  const lines = json ? [reportJson(findings)] : report(findings, colorsFor(stdio.isTerminal.stdout))
  for (const line of lines) await stdio.line(line)
  exit(found === undefined || cluster instanceof CookietinError ? exitCodes.failed : exitCodes.ok)
}

/** The engine that a driver would use, and who would freeze its containers. */
interface FoundProbe extends Probe {
  readonly freezer: string
}

/** Who freezes containers: what the config names, or what its `'auto'` finds. */
async function freezerOf(
  { endpoint, podman = false, runc, info = {} }: Probe,
  { freezer }: ResolvedDockerConfig,
): Promise<string> {
  if (freezer !== 'auto' || endpoint === undefined) return `${freezer} (set)`
  const { why } = await fitFreezer({ endpoint, podman, runc }, async () => info)
  return why === undefined ? "cgroup: the control group's own file" : `engine: ${why}`
}

const allFactsOf = ({ info, freezer }: FoundProbe): [name: string, value: string][] => [
  ...factsOf(info ?? {}),
  ['freezer', freezer],
]

interface Findings {
  readonly probes: readonly Probe[]
  readonly found: FoundProbe | undefined
  readonly config: SpeedSettings
  /** Undefined where the environment names none. */
  readonly cluster: FoundCluster | undefined
}

function report({ cluster, ...findings }: Findings, colors: Colors): string[] {
  const lines = engineReport(findings, colors)
  return cluster === undefined ? lines : [...lines, '', ...clusterReport(cluster)]
}

function engineReport({ probes, found, config }: Omit<Findings, 'cluster'>, colors: Colors): string[] {
  const tried = probes.map(({ ok, source, url, error, version, apiVersion }) => [
    ok ? colors.green('✔') : colors.red('✘'),
    printable(url),
    colors.dim(printable(source)),
    printable(ok ? `engine ${version}, API ${apiVersion}` : reasonOf(error)),
  ])
  const lines = ['Where an engine may listen:', ...columns(tried).map(indent)]
  if (found === undefined) return [...lines, '', ...noEngine(probes)]
  const info: EngineInfo = found.info ?? {}
  const abilities = abilitiesOf(info)
  const advice = [
    ...abilities.flatMap(({ advice }) => (advice === undefined ? [] : [advice])),
    ...speedAdvice(info, config),
    ...(info.Warnings ?? []).map(warning => `the engine warns: ${printable(warning)}`),
  ]
  return [
    ...lines,
    '',
    `The engine at ${printable(found.url)}:`,
    ...columns(allFactsOf(found).map(([name, value]) => [name, printable(value)])).map(indent),
    '',
    'What works there:',
    ...columns(abilities.map(({ name, works }) => [works ? colors.green('✔') : colors.yellow('✘'), name])).map(indent),
    ...(advice.length === 0 ? [] : ['', 'Advice:', ...advice.map(line => indent(`- ${line}`))]),
  ]
}

/** The reason of an error. The full message would repeat the address of its row. */
function reasonOf(error: CookietinError | undefined): string {
  const { code, cause, message } = error ?? { message: '' }
  return code === 'ERR_COOKIETIN_ENGINE_UNREACHABLE' && cause instanceof Error ? explain(cause) : message
}

const indent = (line: string) => `  ${line}`

function noEngine(probes: readonly Probe[]): string[] {
  const named = probes.length === 1 ? probes[0]?.source : undefined
  return [
    'No Docker Engine answers.',
    ...(named === undefined
      ? []
      : [`Only ${printable(named)} was tried, because it is set; unset it to try the default sockets.`]),
    'Install and start one (https://docs.docker.com/engine/install/), or set DOCKER_HOST to one.',
    'Without one, `cookietin run --driver process` runs commands on this machine, without any isolation.',
  ]
}

function reportJson({ probes, found, config, cluster }: Findings): string {
  return printableJson({
    engine: found?.url ?? null,
    tried: probes.map(({ source, url, ok, version, apiVersion, error }) => ({
      ...{ source, url, ok, version, apiVersion },
      error: errorJson(error),
    })),
    facts: found === undefined ? {} : Object.fromEntries(allFactsOf(found)),
    abilities: found === undefined ? [] : abilitiesOf(found.info ?? {}),
    speed: found === undefined ? [] : speedAdvice(found.info ?? {}, config),
    ...(cluster !== undefined && { cluster: clusterJson(cluster) }),
  })
}
