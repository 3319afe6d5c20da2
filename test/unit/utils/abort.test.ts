import { getEventListeners } from 'node:events'
import { expect, it, vi } from 'vitest'
import { onAbort } from '../../../src/utils/abort.ts'

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

it('adds one listener to a signal for any number of tasks, and removes it after the last', () => {
  const { signal } = new AbortController()
  const releases = Array.from({ length: 100 }, () => onAbort(signal, () => {}))
  expect(listenersOf(signal)).toBe(1)
  for (const release of releases) release()
  expect(listenersOf(signal)).toBe(0)
})

it('calls every callback that is still registered, once', () => {
  const controller = new AbortController()
  const [first, second, third] = [vi.fn(), vi.fn(), vi.fn()]
  onAbort(controller.signal, first)
  onAbort(controller.signal, second)()
  onAbort(controller.signal, third)
  controller.abort()
  expect([first, second, third].map(({ mock }) => mock.calls.length)).toEqual([1, 0, 1])
  expect(listenersOf(controller.signal)).toBe(0)
})

it('calls at once where the signal has aborted already', () => {
  const late = vi.fn()
  onAbort(AbortSignal.abort(), late)()
  expect(late).toHaveBeenCalledOnce()
})

it('ignores a second release', () => {
  const controller = new AbortController()
  const other = vi.fn()
  const release = onAbort(controller.signal, () => {})
  onAbort(controller.signal, other)
  release()
  release()
  controller.abort()
  expect(other).toHaveBeenCalledOnce()
})
