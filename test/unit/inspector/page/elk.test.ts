import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { runInThisContext } from 'node:vm'
import { expect, it } from 'vitest'
import { cookieMachine, imageMachine, slotMachine, spareMachine } from '../../../../machines/index.ts'
import { pruneElk } from '../../../../scripts/build/elk/prune.ts'
import type { LayOutGraph } from '../../../../src/inspector/page/chart/elk.ts'
import { layOut } from '../../../../src/inspector/page/chart/layout.ts'
import { machineInfo } from '../../../../src/inspector/tracking/graph.ts'
import { layOutGraph } from './setup.ts'

const require = createRequire(import.meta.url)
const whole = readFileSync(require.resolve('elkjs/lib/elk-worker.min.js'), 'utf8')

it.each([cookieMachine, imageMachine, slotMachine, spareMachine])(
  'what the build leaves of ELK lays $id out as the whole does',
  async machine => {
    const widthOf = (text: string, size: number) => text.length * size * 0.6
    const info = machineInfo(machine)
    const chartBy = async (elk: LayOutGraph) => ({ ...(await layOut(info, widthOf, elk)), tree: undefined })
    const chart = await chartBy(layOutByRest)
    expect(chart.states.length).toBeGreaterThan(1)
    expect(chart).toEqual(await chartBy(layOutGraph))
  },
)

it('the build takes a good part of ELK away, and refuses what is not ELK', () => {
  expect(rest.length).toBeLessThan(0.87 * whole.length)
  expect(() => pruneElk('var x')).toThrow('registration')
})

const rest = pruneElk(whole)

/** ELK without a thread of its own: by the stand-in for a worker that its script exports in Node.js. */
const layOutByRest: LayOutGraph = async graph => {
  const { default: Elk } = require('elkjs/lib/elk-api.js') as {
    default: new (options: object) => { layout: LayOutGraph }
  }
  const module: { exports: { Worker?: new () => object } } = { exports: {} }
  runInThisContext(`(function (module, exports) {${rest}})`)(module, module.exports)
  const { Worker } = module.exports
  if (Worker === undefined) throw new Error("ELK's script exports no worker")
  return await new Elk({ workerFactory: () => new Worker() }).layout(graph)
}
