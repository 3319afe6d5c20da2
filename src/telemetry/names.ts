/**
 * Every name that telemetry uses. Those of OpenTelemetry's semantic conventions come first; a name of ours begins with `cookietin.` and is used
 * where the conventions have none. The Prometheus names follow from these.
 */

/** Names of attributes. */
export const attribute = {
  // the semantic conventions
  errorType: 'error.type',
  exitCode: 'process.exit.code',
  imageName: 'container.image.name',
  imageTags: 'container.image.tags',
  label: 'container.label',
  functionName: 'faas.invoked_name',
  callId: 'faas.invocation.id',
  coldStart: 'faas.coldstart',
  container: 'faas.instance',
  httpStatus: 'http.response.status_code',
  httpMethod: 'http.request.method',
  httpPath: 'url.template',
  diskDirection: 'disk.io.direction',
  networkDirection: 'network.io.direction',
  // ours
  runId: 'cookietin.run.id',
  runStatus: 'cookietin.run.status',
  runState: 'cookietin.run.state',
  attempt: 'cookietin.run.attempt',
  oomKilled: 'cookietin.run.oom_killed',
  waited: 'cookietin.call.wait',
  slotState: 'cookietin.slot.state',
  poolState: 'cookietin.pool.state',
  pullResult: 'cookietin.pull.result',
} as const

/** The parts of a run that have a span of their own. */
export type Phase = 'queue' | 'pull' | 'create' | 'start' | 'run' | 'freeze' | 'collect' | 'remove'

/** What a metric measures. */
export interface MetricDefinition {
  readonly name: string
  /** In UCUM, as the conventions have it: `s`, `By`, `{run}`. */
  readonly unit: string
  readonly description: string
  readonly attributes: readonly string[]
  /** The upper bounds of a histogram's buckets. */
  readonly bounds?: readonly number[]
}

const { errorType, functionName, runStatus, runState, slotState, poolState, imageName } = attribute

/** Seconds: a run takes a tenth of one, or hours. */
const longBounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600]
/** Seconds: a call takes a millisecond, or some seconds. */
const shortBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Every metric. */
export const metric = {
  // the semantic conventions
  callDuration: {
    name: 'faas.invoke_duration',
    unit: 's',
    description: 'How long calls of functions took, with their wait for a container.',
    attributes: [functionName, attribute.httpStatus, errorType],
    bounds: shortBounds,
  },
  coldStarts: {
    name: 'faas.coldstarts',
    unit: '{coldstart}',
    description: 'How many calls had a container started for them.',
    attributes: [functionName],
  },
  cpuUsage: {
    name: 'container.cpu.usage',
    unit: '{cpu}',
    description: 'CPUs that the runs of an image use together.',
    attributes: [imageName],
  },
  memoryUsage: {
    name: 'container.memory.usage',
    unit: 'By',
    description: 'Memory that the runs of an image use together, with the page cache.',
    attributes: [imageName],
  },
  memoryWorkingSet: {
    name: 'container.memory.working_set',
    unit: 'By',
    description: 'Memory that the runs of an image use together, without the inactive cache.',
    attributes: [imageName],
  },
  diskIo: {
    name: 'container.disk.io',
    unit: 'By',
    description: 'Bytes that the runs of an image have read from disks and written to them.',
    attributes: [imageName, attribute.diskDirection],
  },
  networkIo: {
    name: 'container.network.io',
    unit: 'By',
    description: 'Bytes that the runs of an image have received and sent.',
    attributes: [imageName, attribute.networkDirection],
  },
  // ours
  runDuration: {
    name: 'cookietin.run.duration',
    unit: 's',
    description: 'How long runs took from the call to their end, with their wait in the queue.',
    attributes: [runStatus, errorType],
    bounds: longBounds,
  },
  runWait: {
    name: 'cookietin.run.wait.duration',
    unit: 's',
    description: 'How long attempts of runs waited in the queue.',
    attributes: [],
    bounds: longBounds,
  },
  runsQueued: {
    name: 'cookietin.run.queued',
    unit: '{run}',
    description: 'How many runs wait in the queue.',
    attributes: [],
  },
  runsActive: {
    name: 'cookietin.run.active',
    unit: '{run}',
    description: 'How many runs are past the queue and not removed yet.',
    attributes: [runState],
  },
  callWait: {
    name: 'cookietin.call.wait.duration',
    unit: 's',
    description: 'How long calls of functions waited for a container.',
    attributes: [functionName],
    bounds: shortBounds,
  },
  callsActive: {
    name: 'cookietin.call.active',
    unit: '{call}',
    description: 'How many calls of functions wait or are served.',
    attributes: [functionName],
  },
  slots: {
    name: 'cookietin.function.slots',
    unit: '{container}',
    description: 'How many containers functions have.',
    attributes: [functionName, slotState],
  },
  workerSlots: {
    name: 'cookietin.worker.slots',
    unit: '{run}',
    description: 'How many runs a worker of a cluster has, and how many more it takes.',
    attributes: [slotState],
  },
  prefork: {
    name: 'cookietin.prefork.namespaces',
    unit: '{namespace}',
    description: 'How many namespaces the prefork pool has.',
    attributes: [poolState],
  },
  spares: {
    name: 'cookietin.spares',
    unit: '{container}',
    description: 'How many spare containers there are.',
    attributes: [poolState],
  },
  pullDuration: {
    name: 'cookietin.image.pull.duration',
    unit: 's',
    description: 'How long pulls of images took, with their retries.',
    attributes: [attribute.pullResult],
    bounds: longBounds,
  },
  engineDuration: {
    name: 'cookietin.engine.call.duration',
    unit: 's',
    description: 'How long calls to the engine took, until the headers where the reply is a stream.',
    attributes: [attribute.httpMethod, attribute.httpPath, errorType],
    bounds: shortBounds,
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>
