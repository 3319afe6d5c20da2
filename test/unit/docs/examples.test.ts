import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, it } from 'vitest'
import * as machines from '../../../machines/index.ts'
import * as engine from '../../../src/driver/engine.ts'
import * as testing from '../../../src/driver/testing.ts'
import * as history from '../../../src/history/index.ts'
import * as main from '../../../src/index.ts'
import * as inspector from '../../../src/inspector/index.ts'
import { root } from '../../support/docs/pages.ts'

const files = ['src', 'machines'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => relative(root, join(root, folder, name))),
)
const sources = files.map(file => readFileSync(join(root, file), 'utf8'))
const functions = [main, engine, history, inspector, machines, testing].flatMap(entry =>
  Object.entries(entry)
    .filter(([, value]) => typeof value === 'function' && !/^class\b/.test(String(value)))
    .map(([name]) => name),
)

it.each([...new Set(functions)])('the docstring of %s has an example', name => {
  const declaration = new RegExp(
    `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport (?:async )?(?:function\\*?|const) ${name}\\b`,
  )
  const [docstring] = sources.flatMap(text => declaration.exec(text)?.[1] ?? [])
  expect(docstring).toContain('@example')
})
