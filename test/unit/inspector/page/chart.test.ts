import { describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { cookieMachine, imageMachine, namespaceMachine, slotMachine, spareMachine } from '../../../../machines/index.ts'
import { kindOf, type Shown } from '../../../../src/inspector/page/chart/arrow-kind.ts'
import { linesOf, textOf } from '../../../../src/inspector/page/chart/label-text.ts'
import { type Box, type Chart, layOut, type Point } from '../../../../src/inspector/page/chart/layout.ts'
import { pathOf } from '../../../../src/inspector/page/chart/path.ts'
import { machineInfo } from '../../../../src/inspector/tracking/graph.ts'
import { layOutGraph, step } from './setup.ts'

const widthOf = (text: string, size: number) => text.length * size * 0.6

const overlaps = (a: Box, b: Box) =>
  Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 1 &&
  Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 1

const holds = (outer: Box, inner: Box) =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  outer.x + outer.width >= inner.x + inner.width &&
  outer.y + outer.height >= inner.y + inner.height

/** True where a line of horizontal and vertical parts leads through a box, or along it. */
const touches = (points: readonly Point[], { x, y, width, height }: Box) =>
  points.slice(1).some((to, index) => {
    const from = points[index] ?? to
    return (
      Math.max(from.x, to.x) >= x - 1 &&
      Math.min(from.x, to.x) <= x + width + 1 &&
      Math.max(from.y, to.y) >= y - 1 &&
      Math.min(from.y, to.y) <= y + height + 1
    )
  })

const regions = createMachine({
  id: 'regions',
  type: 'parallel',
  states: {
    heat: { initial: 'low', on: { stop: '.low' }, states: { low: { on: { more: 'high' } }, high: {} } },
    lamp: { initial: 'dark', states: { dark: { on: { lit: 'bright' } }, bright: {} } },
  },
})

const parallel = createMachine({
  id: 'parallel',
  initial: 'off',
  states: {
    off: { on: { light: 'on' } },
    on: {
      type: 'parallel',
      on: { out: 'off' },
      states: {
        heat: { initial: 'low', states: { low: { on: { more: 'high' } }, high: {} } },
        lamp: { initial: 'dark', states: { dark: { on: { lit: 'bright' } }, bright: {} } },
      },
    },
  },
})

describe.each([cookieMachine, slotMachine, namespaceMachine, spareMachine, imageMachine, parallel, regions])(
  'the chart of $id',
  machine => {
    const info = machineInfo(machine)
    const states = ({ states }: Chart) => states.filter(({ composite }) => !composite)

    it('draws every state within its box, and no two over each other', async () => {
      const chart = await layOut(info, widthOf, layOutGraph)
      const byName = new Map(chart.states.map(state => [state.name, state]))
      for (const state of chart.states) {
        const [, outer] = chart.tree.pathOf(state.name)
        expect(holds(byName.get(outer ?? '') ?? { x: 0, y: 0, width: chart.width, height: chart.height }, state)).toBe(
          true,
        )
      }
      const drawn = states(chart)
      expect(drawn.map(({ name }) => name).toSorted()).toEqual(info.states.toSorted())
      expect(drawn.filter((state, index) => drawn.slice(index + 1).some(other => overlaps(state, other)))).toEqual([])
    })

    it('labels every arrow with an event, and no label covers another or a state', async () => {
      const chart = await layOut(info, widthOf, layOutGraph)
      const labelled = chart.arrows.filter(({ words }) => words.length > 0)
      const labels = labelled.flatMap(({ label }) => (label === undefined ? [] : [label]))
      expect(labels).toHaveLength(labelled.length)
      for (const { key, points, label } of labelled)
        expect(label !== undefined && touches(points, label), `the label of ${key} is on its line`).toBe(true)
      for (const [index, label] of labels.entries()) {
        const others = [...labels.slice(index + 1), ...states(chart)]
        expect(others.filter(other => overlaps(label, other))).toEqual([])
      }
    })

    it('begins in the first state of the machine and of each box that has one', async () => {
      const chart = await layOut(info, widthOf, layOutGraph)
      const firsts = (info.composites ?? []).filter(({ initial }) => initial !== undefined)
      expect(chart.starts).toHaveLength(1 + firsts.length)
      for (const { points } of [...chart.starts, ...chart.arrows]) expect(points.length).toBeGreaterThan(1)
    })
  },
)

it('begins a machine of regions in all of them: it is a box, and its regions are marked', async () => {
  const chart = await layOut(machineInfo(regions), widthOf, layOutGraph)
  expect(chart.starts[0]?.key).toBe('•')
  expect(machineInfo(regions).initial).toBe('regions')
  expect(chart.states.filter(({ region }) => region).map(({ name }) => name)).toEqual(['heat', 'lamp'])
})

it('draws the shared arrows of a cookie once, on the boxes', async () => {
  const { arrows } = await layOut(machineInfo(cookieMachine), widthOf, layOutGraph)
  const label = (key: string) => arrows.find(arrow => arrow.key === key)?.words.map(({ text }) => text)
  expect(label('unstarted→settled')).toEqual(['cancel', 'kill', 'close'])
  expect(label('alive→stopping')).toEqual(['broken', 'cancel', 'kill', 'overflow [isUndecided]', 'close'])
  expect(label('started→settled')).toEqual(['exited', 'lost'])
  expect(label('settled→closing')).toEqual(['close', 'after soon [closeWanted]'])
})

it('distinguishes taken arrows from possible ones; an arrow of a box belongs to every state in it', async () => {
  const chart = await layOut(machineInfo(cookieMachine), widthOf, layOutGraph)
  const shown: Shown = {
    current: ['running'],
    step: step(9, 'prepared', 'starting', { arrows: ['prepared→started'] }),
    counts: { states: {}, arrows: { 'created→preparing': 1, 'prepared→started': 1 } },
    focus: undefined,
  }
  const kinds = (change: Partial<Shown>) =>
    Object.fromEntries(chart.arrows.map(arrow => [arrow.key, kindOf(arrow, chart, { ...shown, ...change })]))
  expect(kinds({})).toMatchObject({
    'prepared→started': 'taken',
    'created→preparing': 'used',
    'running→freezing': 'next',
    'executing→stopping': 'next',
    'alive→stopping': 'next',
    'started→settled': 'next',
    'frozen→unfreezing': '',
  })
  expect(kinds({ focus: 'frozen' })).toMatchObject({
    'freezing→frozen': 'near',
    'frozen→unfreezing': 'near',
    'alive→stopping': 'near',
    'executing→stopping': 'next',
  })
})

it('breaks labels between words', () => {
  const lines = (...texts: string[]) => linesOf(texts.map(text => ({ text, event: text }))).map(textOf)
  expect(lines('broken', 'cancel', 'kill', 'close')).toEqual(['broken, cancel, kill', 'close'])
  expect(lines()).toEqual([])
})

it('rounds the corners of a line, but not more than half of the way between two', () => {
  const corners = [
    { x: 0, y: 0 },
    { x: 0, y: 20 },
    { x: 4, y: 20 },
  ]
  expect(pathOf(corners)).toBe('M 0.0 0.0 L 0.0 14.0 Q 0.0 20.0 2.0 20.0 L 4.0 20.0')
})
