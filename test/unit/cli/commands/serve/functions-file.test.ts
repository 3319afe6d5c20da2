import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { makeFunctions, readFunctions } from '../../../../../src/cli/commands/serve/functions-file.ts'
import { resolveSpec } from '../../../../../src/functions/spec.ts'
import type { HotFunction } from '../../../../../src/index.ts'
import { setup } from '../../../functions/setup.ts'

function fileOf(text: string): string {
  const folder = mkdtempSync('/tmp/ct-')
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = `${folder}/functions.json`
  writeFileSync(path, text)
  return path
}

async function made(functions: object): Promise<ReadonlyMap<string, HotFunction>> {
  const { functions: read } = await readFunctions(fileOf(JSON.stringify({ functions })))
  const { driver, make } = setup()
  return makeFunctions('f.json', read, (_, spec) => {
    driver.resolve(resolveSpec(spec, 8).task)
    return make()
  })
}

it('every bad function is named, with every bad field', async () => {
  const functions = {
    good: { image: 'x' },
    one: { image: 'x', memory: 'lots', idleTimeout: -1 },
    two: { image: 'x', timeot: 5 },
    three: 'x',
    four: { image: 'x', cpus: 500 },
    five: { image: 'x', idleTimeout: '5' },
  }
  const error = await made(functions).catch((error: Error) => error)
  expect(error).toMatchObject({ name: 'UsageError' })
  const lines = (error as Error).message.split('\n')
  expect(lines[0]).toBe('f.json has functions that are not allowed:')
  expect(lines.slice(1).map(line => line.split(':').slice(0, 2).join(':'))).toEqual([
    '  - one: idleTimeout',
    '  - two: timeot',
    '  - three: it must be an object, such as {"image"',
    '  - four: cpus',
    '  - five: idleTimeout',
  ])
  expect(lines[1]).toContain('or "Infinity"')
})

it('takes Infinity as a string, and the forms of the options', async () => {
  const spec = { image: 'x', timeout: '5s', idleTimeout: 'Infinity', maxContainers: 'Infinity', cpus: 0.5 }
  expect((await made({ good: spec })).size).toBe(1)
})

it.each(['{"functions":{"a":{"env":{"PW":CANARYx}}}}', '{"functions":{"a":{"env":{"PW":"CANARYx}}}}', 'CANARYx'])(
  'the error for %s quotes nothing of it',
  async text => {
    const error = (await readFunctions(fileOf(text)).catch((error: Error) => error)) as Error
    expect(error.message).toMatch(/functions\.json is not JSON( at character \d+)?$/)
  },
)
