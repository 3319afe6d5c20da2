import { describe, expect, it } from 'vitest'
import { membersOf } from '../../../scripts/docs/declarations.ts'
import { fillTables } from '../../../scripts/docs/fill-tables.ts'
import { rowOf } from '../../../scripts/docs/rows.ts'

const columns = ['option', 'type', 'default', 'what it does']
const head = ['', ...columns, ''].join(' | ').trim()
const table = (source: string, ...rows: string[]) =>
  [`<!-- ${source} -->`, head, '| --- | --- | --- | --- |', ...rows, ''].join('\n')

describe('fillTables', () => {
  it('writes the rows below a comment that names their source, whatever stood there', () => {
    const source = 'src/executor/executor.ts TemplateOptions'
    expect(fillTables(`a\n\n${table(source, '| old |', '| older |')}\nb\n`)).toBe(
      `a\n\n${table(source, '| `spares` | `number` | required | How many containers are started ahead and wait for a task: 1 to 256. |')}\nb\n`,
    )
  })

  it('takes the members that are named, in that order, and their links', () => {
    const [, , , first, second] = fillTables(
      `${table('src/executor/executor.ts RunAllOptions: settle, [ahead](x.md)')}${table('src/executor/executor.ts RunAllOptions but ahead, settle')}`,
    ).split('\n')
    expect([first?.slice(0, 10), second?.slice(0, 17)]).toEqual(['| `settle`', '| [`ahead`](x.md)'])
  })

  it.each([
    ['a member that no table has', 'src/executor/executor.ts RunAllOptions but ahead', 'RunAllOptions: ahead'],
    ['a member that is not there', 'src/executor/executor.ts RunAllOptions: behind', 'RunAllOptions has no behind'],
    ['a member without a docstring', 'src/task/task.ts RegistryAuth', 'username has no docstring'],
    ['a type that is not there', 'src/task/task.ts Tusk', 'no type and no function Tusk'],
  ])('names %s', (_, source, message) => {
    expect(() => fillTables(table(source))).toThrow(message)
  })
})

describe('membersOf', () => {
  const find = (path: string, type: string, member: string) => membersOf(path, type).find(({ name }) => name === member)

  it('shortens the parameters of a method', () => {
    expect(find('src/driver/driver.ts', 'Driver', 'prepareCookie')?.usage).toBe('prepareCookie(cookie, { signal? })')
  })

  it('takes an overloaded method as its last overload has it', () => {
    expect(find('src/executor/executor.ts', 'Executor', 'run')).toMatchObject({
      usage: 'run(task, options?)',
      type: 'Execution',
      text: expect.stringMatching(/^Queues a task/),
    })
  })

  it('reads a function, also one that takes a function', () => {
    expect(membersOf('src/stats/keep-latest.ts', 'keepLatest')).toMatchObject([
      { usage: 'keepLatest(work)', type: 'OperatorFunction<T, R>', text: expect.stringMatching(/^An RxJS operator/) },
    ])
  })

  it('joins what both sides of a union declare', () => {
    expect(find('src/executor/executor.ts', 'SettledRun', 'status')?.type).toBe("'fulfilled' | 'rejected'")
    expect(find('src/history/types.ts', 'HistoryOptions', 'path')).toMatchObject({ type: 'string', isOptional: true })
  })
})

describe('rowOf', () => {
  const member = { name: 'x', usage: 'x', type: "Cookie | 'y'", isOptional: true, text: '', fallback: undefined }
  const place = { columns, link: undefined, titles: new Set(['Cookie']) }

  it('makes links of a docstring readable', () => {
    const text = 'As {@link Cookie}, {@link Other.run} and {@link Other | those}.'
    expect(rowOf({ ...member, text }, place)).toBe(
      "| `x` | `Cookie \\| 'y'` | none | As [`Cookie`](#cookie), `Other.run` and those. |",
    )
  })

  it("has Fn's name in a column of its own, where it differs by more than its case", () => {
    const withFn = { ...place, columns: ['field', 'what it does', 'in Fn'] }
    expect(rowOf({ ...member, text: "Does it (Fn's `Do`). More." }, withFn)).toBe('| `x` | Does it. More. | `Do` |')
    expect(rowOf({ ...member, text: "Does it (Fn's `X`)." }, withFn)).toBe('| `x` | Does it. | |')
  })

  it.each([
    ["'a'", "`'a'`"],
    ['false', '`false`'],
    ['1,000', '1,000'],
    ['the `slots`', 'the `slots`'],
  ])('shows the default %s as %s', (fallback, shown) => {
    expect(rowOf({ ...member, fallback, text: 'T.' }, place)).toContain(`| ${shown} | T. |`)
  })
})
