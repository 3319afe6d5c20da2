import { useEffect, useState } from 'preact/hooks'
import type { MachineInfo } from '../../protocol.ts'
import { loadElk } from './elk-worker.ts'
import { type Chart, layOut } from './layout.ts'
import { textWidth } from './measure.ts'

const widthOf = textWidth()
const charts = new WeakMap<MachineInfo, Promise<Chart | undefined>>()

/** Lays a machine out once. Resolves with undefined where that fails. */
function chartOf(machine: MachineInfo): Promise<Chart | undefined> {
  const known = charts.get(machine)
  if (known !== undefined) return known
  const chart = layOut(machine, widthOf, loadElk()).catch(() => {
    charts.delete(machine)
    return undefined
  })
  charts.set(machine, chart)
  return chart
}

/** Lays machines out one after the other, so that their charts are there when they are chosen. */
export async function prepareCharts(machines: readonly MachineInfo[]): Promise<void> {
  for (const machine of machines) await chartOf(machine)
}

/** The chart of a machine; `undefined` until it is laid out, and 'failed' where that fails. */
export function useChart(machine: MachineInfo): Chart | 'failed' | undefined {
  const [laidOut, setLaidOut] = useState<{ machine: MachineInfo; chart: Chart | 'failed' }>()
  useEffect(() => {
    let wanted = true
    void chartOf(machine).then(chart => {
      if (wanted) setLaidOut({ machine, chart: chart ?? 'failed' })
    })
    return () => {
      wanted = false
    }
  }, [machine])
  return laidOut?.machine === machine ? laidOut.chart : undefined
}
