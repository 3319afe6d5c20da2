import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { page, pages, root } from '../../support/docs/pages.ts'
import { ensureTestImage } from '../../support/images/images.ts'

const folder = mkdtempSync('/tmp/ct-')

beforeAll(async () => {
  await ensureTestImage()
  symlinkSync(`${root}/node_modules`, `${folder}/node_modules`)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Every program of a page that has its output below it. */
const programs = pages.flatMap(path =>
  [...page(path).matchAll(/^```ts\n((?:(?!^```)[\s\S])*?)^```\n\n```txt\n([\s\S]*?)^```/gm)].map(
    ([, code = '', output = ''], index) => ({ where: `${path}, program ${index + 1}`, code, output }),
  ),
)

test('there are programs with their output', () => expect(programs.length).toBeGreaterThan(10))

test.each(programs)('$where prints what the page says', async ({ where, code, output }) => {
  const file = `${folder}/${where.replaceAll(/\W+/g, '-')}.mts`
  writeFileSync(file, code)
  const args = ['--import', `${root}/test/support/docs/run-example.ts`, file]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root })
  expect([stdout, stderr]).toEqual([output, ''])
})
