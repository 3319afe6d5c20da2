import { expect, test } from 'vitest'
import { findRun, findRuns, withLabels } from '../../../../../src/cli/drivers/runs/find.ts'
import type { FoundRun } from '../../../../../src/cli/drivers/runs/list.ts'

const listed = (id: string, container: string, more: Partial<FoundRun> = {}): FoundRun => ({
  ...{ id, container, image: 'busybox', kind: 'run', state: 'running', pid: 1, owned: true, created: 0 },
  ...{ name: `cookietin-1f-${id}`, labels: {}, mayBeFrozen: false, ...more },
})

const sum = listed('sum', 'aa11', { labels: { ci: '42', os: '' } })
const summary = listed('summary', 'aa22', { labels: { ci: '42' } })
const twins = [listed('twin', 'bb11'), listed('twin', 'bb22')]
const spare = listed('spare-0-0-1f', 'cc11', { kind: 'spare', labels: { ci: '42' } })
const namespace = listed('namespace-0-1f', 'dd11', { kind: 'namespace' })
const all = [sum, summary, ...twins, spare, namespace]

test('a run is found by its id, by its container, and by the beginning of either', () => {
  const words = ['sum', 'summ', 'aa22', 'bb2', 'cookietin-1f-summary', 'cookietin-1f-summ']
  expect(words.map(word => findRun(word, all).container)).toEqual(['aa11', 'aa22', 'aa22', 'bb22', 'aa22', 'aa22'])
})

test('a run that is named twice is found once', () => {
  expect(findRuns(['sum', 'aa11', 'summary'], all)).toEqual([sum, summary])
})

test.each([
  ['su', '"su" names 2 runs: sum (container aa11), summary (container aa22); write more of the id'],
  ['twin', '"twin" names 2 runs: twin (container bb11), twin (container bb22)'],
  ['sun', 'there is no run "sun" on this machine; did you mean "sum"? `cookietin ps` lists them'],
  ['nothing', 'there is no run "nothing" on this machine; `cookietin ps` lists them'],
  ['spare-0-0', '"spare-0-0" is no run, but a spare container'],
  ['dd11', '"dd11" is no run, but a namespace of the prefork pool'],
  ['\u001b[31m', 'there is no run "�[31m"'],
])('%s is refused, and it says why', (word, message) => {
  expect(() => findRun(word, all)).toThrow(message)
})

test('an empty word names no run', () => {
  expect(() => findRun('', all)).toThrow('there is no run ""')
})

test('labels choose the runs that have all of them, and nothing else', () => {
  expect(withLabels(all, { ci: '42' })).toEqual([sum, summary])
  expect(withLabels(all, { ci: '42', os: '' })).toEqual([sum])
  expect(withLabels(all, { toString: '' })).toEqual([])
  expect(withLabels(all, {})).toEqual([sum, summary, ...twins])
})
