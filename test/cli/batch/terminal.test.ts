import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { main } from '../../support/cli.ts'

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
  expect(plain).toMatch(/░ {2}0 of 2\s/)
  expect(plain).toMatch(/2 tasks: 1 succeeded, 1 failed\s+$/)
  expect(shown).toContain('\u001b[31mexit 4\u001b[39m')
})

test('a batch says what it waits for on a terminal', async () => {
  const batch = `'${process.execPath}' '${main}' batch --driver process`
  const child = spawn('script', ['-qec', `stty cols 80 rows 24; ${batch}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    if (shown.includes('Ctrl-D ends them')) child.stdin.write('\u0004')
  })
  await once(child, 'close')
  expect(shown).toContain('cookietin: reads tasks from standard input, one as JSON on each line; Ctrl-D ends them')
})

test('Ctrl-C leaves no live line behind', async () => {
  const long = join(dir, 'long.jsonl')
  writeFileSync(long, task('endless', 'sleep 60'))
  const batch = `'${process.execPath}' '${main}' batch --driver process '${long}'`
  const child = spawn('script', ['-qec', `stty cols 80 rows 24; ${batch}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  let isInterrupted = false
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    if (isInterrupted || !shown.includes('1 under way')) return
    isInterrupted = true
    child.stdin.write('\u0003')
  })
  await once(child, 'close')
  const lines = screenOf(shown)
  expect(lines.filter(line => line.includes('under way'))).toEqual([])
  expect(lines.filter(line => line.includes('endless'))).toHaveLength(1)
  expect(lines).toContain('1 task: 0 succeeded, 0 failed, 1 cancelled')
})

/** The lines that a terminal shows in the end: follows cursor movements upwards and erased lines. */
function screenOf(shown: string): string[] {
  const lines = ['']
  let [row, column] = [0, 0]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is for control characters
  for (const [token, count, command] of shown.matchAll(/\u001b\[\??([\d;]*)([A-Za-z])|[^\u001b]/g)) {
    const n = Number(count || 1)
    if (command === 'A') row = Math.max(0, row - n)
    else if (command === 'B') row += n
    else if (command === 'G') column = n - 1
    else if (command === 'K') lines[row] = count === '2' ? '' : (lines[row] ?? '').slice(0, column)
    else if (command === 'J') lines.length = row + 1
    else if (token === '\r') column = 0
    else if (token === '\n') row += 1
    else if (command === undefined && token >= ' ') {
      lines[row] = (lines[row] ?? '').padEnd(column).slice(0, column) + token + (lines[row] ?? '').slice(column + 1)
      column += 1
    }
    while (lines.length <= row) lines.push('')
  }
  return lines.map(line => line.trimEnd())
}

test('NO_COLOR turns colors off', async () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is for control characters
  expect(await onTerminal({ NO_COLOR: '1' })).not.toMatch(/\u001b\[3\dm/)
})
