import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { main } from '../support/cli.ts'

const dir = mkdtempSync(join(tmpdir(), 'cookietin-'))
afterAll(() => rmSync(dir, { recursive: true }))

const file = join(dir, 'tasks.jsonl')
const task = (id: string, script: string) => JSON.stringify({ id, image: 'none', command: ['sh', '-c', script] })
writeFileSync(file, [task('first', 'sleep 0.5'), task('second', 'sleep 0.5; exit 4')].join('\n'))

/** The output of a batch on a terminal of 80 columns. */
async function onTerminal(env: NodeJS.ProcessEnv): Promise<string> {
  const batch = `'${process.execPath}' '${main}' batch --driver process '${file}'`
  const args = ['-qec', `stty cols 80 rows 24; ${batch} || true`, '/dev/null']
  const { stdout } = await promisify(execFile)('script', args, { env: { ...process.env, TERM: 'xterm', ...env } })
  return stdout
}

test('a batch draws its running tasks, and then its summary', async () => {
  const shown = await onTerminal({ NO_COLOR: '' })
  expect(shown).toContain('\u001b[?25l') // the cursor is hidden while it draws
  expect(shown).toContain('\u001b[?25h') // and comes back
  const plain = stripVTControlCharacters(shown)
  expect(plain).toMatch(/line 1 +first +running +\d+ ms/)
  expect(plain).toContain('0 ended, 0 failed, 2 under way, 0 waiting')
  expect(plain).toMatch(/2 tasks: 1 succeeded, 1 failed\s+$/)
  expect(shown).toContain('\u001b[31mexit 4\u001b[39m')
})

test('NO_COLOR turns colors off', async () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is for control characters
  expect(await onTerminal({ NO_COLOR: '1' })).not.toMatch(/\u001b\[3\dm/)
})
