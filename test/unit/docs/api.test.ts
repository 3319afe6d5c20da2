import { expect, test } from 'vitest'
import * as machines from '../../../machines/index.ts'
import { membersOf } from '../../../scripts/docs/declarations.ts'
import { fillTables, pagesWithTables } from '../../../scripts/docs/fill-tables.ts'
import * as cluster from '../../../src/cluster/index.ts'
import * as testing from '../../../src/driver/testing.ts'
import { delegatedMembers } from '../../../src/executor/execution.ts'
import * as history from '../../../src/history/index.ts'
import * as main from '../../../src/index.ts'
import * as inspector from '../../../src/inspector/index.ts'
import * as telemetry from '../../../src/telemetry/index.ts'
import { chosenNames, exportedTypes } from '../../support/docs/declarations.ts'
import { namesIn, page, rowsBelow } from '../../support/docs/pages.ts'

const api = page('docs/api.md')
const named = (heading: string) => rowsBelow(api, heading).flatMap(([cell]) => namesIn(cell))

test.each(pagesWithTables)('%s says what the docstrings say (npm run docs writes it)', path => {
  const text = page(path)
  expect(fillTables(text)).toBe(text)
  const comments = text.match(/^<!-- src\/[^>]+-->\n\| (?:field|option|member|function) \|/gm) ?? []
  expect(comments).toHaveLength(text.split('<!-- src/').length - 1)
})

test.each([
  ['src/task/task.ts', 'ContainerTask'],
  ['src/executor/options.ts', 'ExecutorOptions'],
  ['src/executor/executor.ts', 'Executor'],
  ['src/cookie/cookie.ts', 'Cookie'],
  ['src/cookie/result.ts', 'RunRecord'],
  ['src/functions/function.ts', 'HotFunction'],
  ['src/functions/spec.ts', 'FunctionSpec'],
  ['src/cluster/cluster-driver.ts', 'ClusterDriverOptions'],
  ['src/history/types.ts', 'History'],
  ['src/telemetry/options.ts', 'TelemetryOptions'],
  ['src/inspector/options.ts', 'InspectorOptions'],
  ['src/engines/mock/script.ts', 'MockRun'],
])('of %s the members of %s are read, each with its docstring', (path, name) => {
  const members = membersOf(path, name)
  expect(members.length).toBeGreaterThan(3)
  expect(members.filter(({ text }) => text === '')).toEqual([])
  expect(api).toContain(`${path} ${name}`)
})

test('the table of an Execution has what it takes of a cookie, and its cancel', () => {
  expect(named('Execution').toSorted()).toEqual([...delegatedMembers, 'cancel'].toSorted())
})

test('the table of a Cookie has what an Execution has not', () => {
  const own = membersOf('src/cookie/cookie.ts', 'Cookie').map(({ name }) => name)
  const delegated: readonly string[] = delegatedMembers
  expect(named('Cookie').toSorted()).toEqual(own.filter(name => !delegated.includes(name)).toSorted())
})

test('the spec of a function names the fields of a task that it has not', () => {
  const omitted = chosenNames('src/functions/spec.ts', 'FunctionSpec')
  expect(omitted).toContain('input')
  const [sentence = ''] = /every field of a \[task\][^:]*/.exec(api) ?? []
  expect(namesIn(sentence).toSorted()).toEqual(omitted.toSorted())
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
    'src/index.ts',
    'src/cluster/index.ts',
    'src/history/index.ts',
    'src/inspector/index.ts',
    'src/telemetry/index.ts',
    'src/driver/testing.ts',
  ].flatMap(exportedTypes)
  expect(types.length).toBeGreaterThan(50)
  expect(
    rowsBelow(api, 'Types')
      .flatMap(([, cell]) => namesIn(cell))
      .toSorted(),
  ).toEqual(types.toSorted())
})
