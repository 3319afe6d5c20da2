import { describe, expect, it, test } from 'vitest'
import * as machines from '../../../machines/index.ts'
import * as cluster from '../../../src/cluster/index.ts'
import * as testing from '../../../src/driver/testing.ts'
import { delegatedMembers } from '../../../src/executor/execution.ts'
import * as history from '../../../src/history/index.ts'
import * as main from '../../../src/index.ts'
import * as inspector from '../../../src/inspector/index.ts'
import * as telemetry from '../../../src/telemetry/index.ts'
import { chosenNames, exportedTypes, type Member, membersOf } from '../../support/docs/declarations.ts'
import { namesIn, page, rowsBelow } from '../../support/docs/pages.ts'

const api = page('docs/api.md')
const rows = (...headings: string[]) => headings.flatMap(heading => rowsBelow(api, heading))
const named = (...headings: string[]) => rows(...headings).flatMap(([cell]) => namesIn(cell))
const names = (members: readonly Member[]) => members.map(({ name }) => name)

const taskTopics = ['What to run', 'Input and output', 'Limits', 'Files, network and isolation']
const cookieOptions = membersOf('cookie/cookie.ts', 'CookieOptions')
const clusterPlace = membersOf('cluster/redis/place.ts', 'ClusterPlace')
const historyOptions = membersOf('history/types.ts', 'HistoryLimits')

/** Tables of fields: the headings that they stand below, and what declares them. */
const tables: readonly (readonly [headings: string[], members: readonly Member[]])[] = [
  [taskTopics, membersOf('task/task.ts', 'ContainerTask')],
  [
    ['Executor options'],
    [
      ...membersOf('executor/options.ts', 'ExecutorOptions'),
      ...cookieOptions.filter(({ name }) => name !== 'maxOutput'),
    ],
  ],
  [
    ['RunOptions'],
    [...membersOf('executor/executor.ts', 'RunOptions'), ...membersOf('executor/executor.ts', 'RunAllOptions')],
  ],
  [['RunResult'], [...membersOf('cookie/result.ts', 'RunRecord'), ...membersOf('cookie/result.ts', 'FailureResult')]],
  [['Transition'], membersOf('cookie/result.ts', 'Transition')],
  [['Cookie options'], cookieOptions],
  [['Telemetry'], membersOf('telemetry/options.ts', 'TelemetryOptions')],
  [['FunctionSpec'], membersOf('functions/spec.ts', 'FunctionSpec')],
  [['InvokeRequest'], membersOf('functions/http/request.ts', 'InvokeRequest')],
  [['Cluster driver options'], [...clusterPlace, ...membersOf('cluster/cluster-driver.ts', 'ClusterDriverOptions')]],
  [['Worker options'], [...clusterPlace, ...membersOf('cluster/worker/start-worker.ts', 'WorkerOptions')]],
  [['HistoryRun'], membersOf('history/types.ts', 'HistoryRun')],
]

describe.each(tables)('the table of %j', (headings, members) => {
  const found = new Map(rows(...headings).map(cells => [namesIn(cells[0])[0], cells]))

  it('has every field, and no other', () => {
    expect(members.length).toBeGreaterThan(1)
    expect(named(...headings).toSorted()).toEqual(names(members).toSorted())
  })

  it.each(members.map(member => [member.name, member] as const))('tells the type of %s', (name, { type }) => {
    const [, cell = ''] = found.get(name) ?? []
    expect(cell.match(/`([^`]+)`/)?.[1]).toBe(type)
  })

  it.each(members.flatMap(({ name, doc }) => (defaultIn(doc) === undefined ? [] : [[name, doc] as const])))(
    'tells the default of %s',
    (name, doc) => expect(bare(found.get(name)?.[2] ?? '').startsWith(defaultIn(doc) ?? '?')).toBe(true),
  )
})

/** A default that a docstring states as a value; what it tells in a sentence, after a colon, is not compared. */
function defaultIn(doc: string): string | undefined {
  const [, stated] = /(?:Default|@default) (`[^`]+`|'[^']+'|[\w ,]+?)(?:[.;(]|, | \(| @|$)/.exec(doc) ?? []
  return stated === undefined ? undefined : bare(stated)
}

const bare = (value: string) => value.replaceAll(/[`_ ,]/g, '')

test("the tables of a task have Fn's names where they differ", () => {
  for (const { name, doc } of membersOf('task/task.ts', 'ContainerTask')) {
    const [, fnName = ''] = /Fn's `(\w+)`/.exec(doc) ?? []
    const [row] = rows(...taskTopics).filter(([cell]) => namesIn(cell).includes(name))
    expect([name, row?.at(-1)]).toEqual([
      name,
      fnName.toLowerCase() === name.toLowerCase() || fnName === '' ? '' : `\`${fnName}\``,
    ])
  }
})

test.each([
  ['Driver', membersOf('driver/driver.ts', 'Driver')],
  ['DockerDriver', membersOf('driver/docker-driver.ts', 'DockerDriver')],
  ['Executor members', membersOf('executor/executor.ts', 'Executor')],
  ['Cookie', membersOf('cookie/cookie.ts', 'Cookie')],
  ['HotFunction', membersOf('functions/function.ts', 'HotFunction')],
  ['Testing', membersOf('engines/mock/script.ts', 'MockRun')],
] as const)('the table of %s has every member, and no other', (heading, members) => {
  expect(members.length).toBeGreaterThan(1)
  expect(named(heading).toSorted()).toEqual(names(members).toSorted())
})

test('the table of an Execution has what it takes of a cookie, its cancel, and the promise', () => {
  const picked = [...delegatedMembers]
  expect(named('Execution').toSorted()).toEqual([...picked, 'cancel', 'then', 'catch', 'finally'].toSorted())
})

test('the spec of a function names the fields of a task that it has not', () => {
  const omitted = chosenNames('functions/spec.ts', 'FunctionSpec')
  expect(omitted).toContain('input')
  const [sentence = ''] = /every field of a \[task\][^:]*/.exec(api) ?? []
  expect(namesIn(sentence).toSorted()).toEqual(omitted.toSorted())
})

test('the tables of a history have every option and member', () => {
  expect(named('History options').toSorted()).toEqual(['path', 'postgres', ...names(historyOptions)].toSorted())
  const members = [...membersOf('history/types.ts', 'History'), ...membersOf('executor/observers/run-log.ts', 'RunLog')]
  expect(
    named('History members')
      .filter(name => names(members).includes(name))
      .toSorted(),
  ).toEqual(names(members).toSorted())
  for (const field of names(membersOf('history/types.ts', 'HistoryQuery'))) {
    expect(namesIn(rows('History members')[0]?.[1])).toContain(field)
  }
})

test('every export of the package is on the page', () => {
  const values = [main, cluster, history, inspector, machines, telemetry, testing].flatMap(module =>
    Object.keys(module),
  )
  const all = api.split('\n').flatMap(namesIn)
  expect(all).toEqual(expect.arrayContaining(values))
})

test('the table of types has every type that is exported, and no other', () => {
  const types = [
    'index.ts',
    'cluster/index.ts',
    'history/index.ts',
    'inspector/index.ts',
    'telemetry/index.ts',
    'driver/testing.ts',
  ].flatMap(exportedTypes)
  expect(types.length).toBeGreaterThan(50)
  expect(
    rows('Types')
      .flatMap(([, cell]) => namesIn(cell))
      .toSorted(),
  ).toEqual(types.toSorted())
})
