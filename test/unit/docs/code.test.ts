import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { page, pages, root } from '../../support/docs/pages.ts'

/** The TypeScript of a page; a block behind the comment `<!-- goes on -->` is one with the block before it. */
function blocksOf(text: string): string[] {
  const blocks: string[] = []
  for (const [, mark, code = ''] of text.matchAll(/(<!-- goes on -->\n)?```ts\n([\s\S]*?)```/g)) {
    if (mark === undefined) blocks.push(code)
    else blocks.push(`${blocks.pop() ?? ''}\n${code}`)
  }
  return blocks
}

/** What the compiler says of modules, each by its name. */
function errorsOf(modules: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cookietin-docs-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  symlinkSync(`${root}/node_modules`, join(folder, 'node_modules'))
  for (const [name, code] of modules) writeFileSync(join(folder, name), code)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: `${root}/tsconfig.json`, include: ['*.ts'], compilerOptions: { noUnusedLocals: false } }),
  )
  try {
    execFileSync(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', folder], { encoding: 'utf8' })
    return ''
  } catch (error) {
    return String((error as { readonly stdout?: unknown }).stdout)
  }
}

test('the TypeScript in the documentation compiles, as a user would have it', { timeout: 60_000 }, () => {
  const modules = new Map(
    pages.flatMap(path =>
      blocksOf(page(path)).map((code, index) => [`${path.replaceAll('/', '-')}-${index + 1}.ts`, `${code}export {}\n`]),
    ),
  )
  expect(modules.size).toBeGreaterThan(15)
  expect(errorsOf(modules)).toBe('')
})

test('and what does not compile is found', { timeout: 60_000 }, () => {
  const [block = ''] = blocksOf(
    "```ts\nimport { createExecutor } from 'cookietin'\n\ncreateExecutor({ drivr: 1 })\n```\n",
  )
  expect(errorsOf(new Map([['wrong.ts', block]]))).toContain("'drivr'")
})
