import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { NamedLines } from '../../../../../src/cli/commands/serve/named-lines.ts'

async function passed(...chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const lines: string[] = []
  const writable = new NamedLines('oven', line => lines.push(line))
  for (const chunk of chunks) writable.write(chunk)
  writable.end()
  await once(writable, 'finish')
  return lines
}

test('prefixes whole lines with the name, for any chunks', async () => {
  const [first, second] = [Buffer.from('flöur\n').subarray(0, 3), Buffer.from('flöur\n').subarray(3)]
  expect(await passed('on', 'e\ntwo\r\nthr', 'ee\n', first, second)).toEqual([
    'oven | one',
    'oven | two',
    'oven | three',
    'oven | flöur',
  ])
})

test('emits a last line without a newline, and splits a long line', async () => {
  expect(await passed('a\nb')).toEqual(['oven | a', 'oven | b'])
  const lines = await passed('x'.repeat(40_000))
  expect(lines.map(line => line.length)).toEqual([16_384 + 7, 16_384 + 7, 40_000 - 2 * 16_384 + 7])
})

test('removes control characters', async () => {
  expect(await passed('\u001b[2Jgone\tfar\n')).toEqual(['oven | �[2Jgone    far'])
})

test('emits a line whose end does not come, and takes what comes later for another one', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const lines: string[] = []
  const writable = new NamedLines('oven', line => lines.push(line))
  writable.write('no ')
  vi.advanceTimersByTime(900)
  writable.write('end')
  vi.advanceTimersByTime(900)
  expect(lines).toEqual([])
  vi.advanceTimersByTime(200)
  writable.write('next\n')
  expect(lines).toEqual(['oven | no end', 'oven | next'])
})
