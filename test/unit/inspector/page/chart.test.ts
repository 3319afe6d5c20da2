import { describe, expect, it } from 'vitest'
import { cookieMachine } from '../../../../machines/cookie.ts'
import { imageMachine } from '../../../../machines/image.ts'
import { slotMachine } from '../../../../machines/slot.ts'
import { type Box, placeLabels } from '../../../../src/inspector/page/chart/label-places.ts'
import { boxOf, textOf, waysOf } from '../../../../src/inspector/page/chart/label-text.ts'
import { type PlacedLabel, placed, type Seen, takenBy } from '../../../../src/inspector/page/chart/labels.ts'
import { chartOf } from '../../../../src/inspector/page/chart/layout.ts'
import { machineInfo } from '../../../../src/inspector/tracking/graph.ts'
import { step } from './setup.ts'

const widthOf = (text: string, size: number) => text.length * size * 0.6

const share = (a: Box, b: Box) =>
  Math.max(0, (a.width + b.width) / 2 - Math.abs(a.x - b.x)) *
  Math.max(0, (a.height + b.height) / 2 - Math.abs(a.y - b.y))

const points = [
  { x: 150, y: 0 },
  { x: 150, y: 100 },
]
const drawn = { width: 300, height: 100, boxes: [], lines: [] }
const wanted = (key: string) => ({ key, points, sizes: [{ width: 40, height: 20 }], best: 0.5 })
const boxesOf = (places: readonly ({ x: number; y: number } | undefined)[]) =>
  places.flatMap(place => (place === undefined ? [] : [{ x: place.x, y: place.y, width: 40, height: 20 }]))

describe('labels', () => {
  it('stand in the middle of their line where that is free', () => {
    expect(placeLabels([wanted('a')], drawn)).toEqual([{ x: 150, y: 50, size: 0 }])
  })

  it('give way to what is drawn, to each other, and to other lines', () => {
    const state = { x: 150, y: 50, width: 60, height: 8 }
    const boxes = boxesOf(placeLabels(['a', 'b', 'c'].map(wanted), { ...drawn, boxes: [state] }))
    expect(boxes.length).toBe(3)
    for (const [index, box] of boxes.entries()) {
      for (const other of [state, ...boxes.slice(0, index)]) expect(share(box, other)).toBeLessThan(5)
    }
    const line = { key: 'b', weight: 6, points: Array.from({ length: 9 }, (_, n) => ({ x: 152, y: 46 + n })) }
    expect(placeLabels([wanted('a')], { ...drawn, lines: [line] })).not.toEqual([{ x: 150, y: 50, size: 0 }])
    expect(placeLabels([wanted('b')], { ...drawn, lines: [line] })).toEqual([{ x: 150, y: 50, size: 0 }])
  })

  it('are left out where there is no room for them, and stay within the drawing', () => {
    const full = { x: 150, y: 50, width: 300, height: 100 }
    expect(placeLabels([wanted('a')], { ...drawn, boxes: [full] })).toEqual([undefined])
    const atEdge = [
      { x: 0, y: 0 },
      { x: 0, y: 100 },
    ]
    const [place] = placeLabels([{ ...wanted('a'), points: atEdge }], drawn)
    expect(place?.x).toBeGreaterThanOrEqual(20)
  })

  it('are broken into lines between words', () => {
    const words = ['broken', 'cancel', 'kill', 'close'].map(text => ({ text, event: text }))
    expect(waysOf(words).map(way => way.map(textOf))).toEqual([
      ['broken, cancel, kill', 'close'],
      ['broken', 'cancel', 'kill', 'close'],
      ['broken, cancel, kill, close'],
    ])
    expect(waysOf([])).toEqual([])
  })
})

describe.each([cookieMachine, slotMachine, imageMachine])('the chart of $id', machine => {
  const info = machineInfo(machine)
  const chart = chartOf(info, false, widthOf)
  const seen: Seen = {
    current: [],
    taken: new Map(),
    counts: { states: {}, arrows: {} },
    events: new Map(),
    focus: undefined,
  }
  const boxOfLabel = ({ x, y, way }: PlacedLabel): Box => ({ x, y, ...boxOf(way, widthOf) })
  const collisions = (labels: readonly PlacedLabel[]) =>
    labels.flatMap((label, index) =>
      [...labels.slice(0, index).map(boxOfLabel), ...chart.states].filter(box => share(boxOfLabel(label), box) > 5),
    )

  it.each(info.states)('shows no label over another or over a state: at %s, and when that is pointed at', state => {
    expect(collisions(placed(chart, { ...seen, current: [state] }, widthOf))).toEqual([])
    expect(collisions(placed(chart, { ...seen, focus: state }, widthOf))).toEqual([])
  })

  it('shows the labels of nearly every arrow of a state', () => {
    const lost = info.states.flatMap(state => {
      const labels = placed(chart, { ...seen, current: [state] }, widthOf)
      return chart.arrows.filter(
        ({ key, from, words }) => from === state && words.length > 0 && !labels.some(label => label.key === key),
      )
    })
    expect(lost.map(({ key }) => key)).toEqual([])
  })
})

it('says of the arrow that was taken only what led along it, of others what did, and of what may come all', () => {
  const chart = chartOf(machineInfo(cookieMachine), false, widthOf)
  const counts = { states: {}, arrows: { 'running→settling': 1, 'settling→done': 1, 'starting→stopping': 2 } }
  const last = step(9, 'running', 'done', { event: 'exited', via: ['settling'] })
  const labels = placed(
    chart,
    {
      current: ['done'],
      taken: takenBy(last),
      counts,
      events: new Map([['starting→stopping', new Set(['kill'])]]),
      focus: undefined,
    },
    widthOf,
  )
  const said = Object.fromEntries(labels.map(({ key, way }) => [key, way.flat().map(({ text }) => text)]))
  expect(said).toEqual({
    'running→settling': ['exited'],
    'starting→stopping': ['kill'],
    'done→closing': ['close', 'after soon [closeWanted]'],
  })
})
