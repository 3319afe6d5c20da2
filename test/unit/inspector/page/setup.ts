import type { LayOutGraph } from '../../../../src/inspector/page/chart/elk.ts'
import type { Row } from '../../../../src/inspector/page/data/model.ts'
import type { ActorInfo, Step, Totals } from '../../../../src/inspector/protocol.ts'

/** An actor as the page knows it. */
export const row = (change: Partial<Row>): Row => ({
  key: 1,
  id: 'one',
  machine: 'cookie',
  image: 'busybox',
  initial: 'created',
  state: 'running',
  created: 0,
  changed: 0,
  steps: 0,
  status: undefined,
  reason: undefined,
  exitCode: undefined,
  errorLine: undefined,
  over: false,
  cpu: undefined,
  mem: undefined,
  path: [[0, 'created']],
  ...change,
})

/** The same actor, as an inspector reports it. */
export function info(change: Partial<Row>): ActorInfo {
  const { id, key, machine, initial, state, created, changed, steps, path, image } = row(change)
  return { id, key, machine, initial, state, created, changed, steps, path, ...(image === undefined ? {} : { image }) }
}

export const step = (n: number, from: string, to: string, change: Partial<Step> = {}): Step => ({
  key: 1,
  n,
  at: n * 10,
  from,
  to,
  event: 'go',
  ...change,
})

export const totals: Totals = { seen: 1, ended: 0, states: {}, statuses: {} }

/** ELK, without a thread of its own. */
export const layOutGraph: LayOutGraph = async graph => {
  // The types of this CommonJS module are right for a bundler only.
  const { default: Elk } = (await import('elkjs/lib/elk.bundled.js')) as unknown as {
    default: new () => { layout: LayOutGraph }
  }
  elk ??= new Elk()
  return await elk.layout(graph)
}

let elk: { layout: LayOutGraph } | undefined
