import { expect, it } from 'vitest'
import { resolveSpec } from '../../../src/functions/spec.ts'

it('refuses all fields that a function does not have, or of another form, at once', () => {
  const bad = {
    id: 'x',
    input: 'x',
    encoding: 'buffer',
    udsPath: '/x',
    onStat() {},
    freezeAfter: -1,
    maxContainers: 1.5,
  }
  try {
    resolveSpec({ image: 'x', ...bad }, 4)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
    const { issues } = error as { issues: readonly { field: string }[] }
    expect(issues.map(({ field }) => field).toSorted()).toEqual(Object.keys(bad).toSorted())
  }
})

it('sets the variables that Fn’s kits read, unless the spec sets them', () => {
  const { task } = resolveSpec({ image: 'x', memory: '128m', env: { FN_TYPE: 'mine' } }, 4)
  expect(task.env).toEqual({
    FN_FORMAT: 'http-stream',
    FN_LISTENER: 'unix:/tmp/iofs/lsnr.sock',
    FN_TYPE: 'mine',
    FN_MEMORY: '128',
  })
})
