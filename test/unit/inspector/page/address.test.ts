import { expect, it } from 'vitest'
import { Model } from '../../../../src/inspector/page/data/model.ts'
import { Selection } from '../../../../src/inspector/page/data/selection.ts'
import { readAddress, writeAddress } from '../../../../src/inspector/page/view/address.ts'
import { info, totals } from './setup.ts'

it('holds the view, and is empty for the initial view', () => {
  expect(writeAddress({ tab: 'table', filter: '', wanted: undefined })).toBe('')
  for (const address of [
    { tab: 'timeline', filter: '', wanted: undefined },
    { tab: 'table', filter: 'state:frozen -a&b=c #1', wanted: { id: 'a bun/ü&id=2', key: 7 } },
    { tab: 'table', filter: '', wanted: { id: 'the-bun', key: undefined } },
    { tab: 'table', filter: '', search: 'no such file', wanted: undefined },
    { tab: 'timeline', filter: '', search: '', wanted: undefined },
  ] as const) {
    expect(readAddress(writeAddress(address))).toEqual(address)
  }
  expect(readAddress('#tab=what&key=x&id=y')).toEqual({ tab: 'table', filter: '', wanted: { id: 'y', key: undefined } })
})

const modelOf = (...actors: [key: number, id: string][]) => {
  const model = new Model()
  const told = actors.map(([key, id]) => info({ key, id, created: 10 }))
  model.apply({ type: 'snapshot', seq: 0, now: 0, machines: {}, actors: told, totals })
  return model
}

it('finds an actor by its key if that has the id, else the latest with the id, as soon as there is one', () => {
  const selection = new Selection()
  const keyOf = (key: number | undefined, model: Model) => {
    selection.want({ id: 'bun', key })
    selection.find(model)
    return selection.key
  }
  const model = modelOf([1, 'bun'], [2, 'cake'], [3, 'bun'], [4, 'bun'])
  expect([keyOf(3, model), keyOf(2, model), keyOf(undefined, model)]).toEqual([3, 4, 4])
  expect(keyOf(1, modelOf([1, 'cake']))).toBeUndefined()
  expect(selection.wantedIn(modelOf())).toEqual({ id: 'bun', key: 1 })
  expect(selection.find(modelOf([9, 'bun']))).toBe(true)
  expect(selection.key).toBe(9)
})

it('keeps the last row of a dropped actor, but not before its creation', () => {
  const selection = new Selection()
  selection.choose(1)
  expect(selection.rowIn(modelOf())).toBeUndefined()
  expect(selection.rowIn(modelOf([1, 'bun']))?.id).toBe('bun')
  expect(selection.rowIn(modelOf())?.id).toBe('bun')
  expect(selection.rowIn(modelOf(), 9)).toBeUndefined()
})
