import { expect, test } from 'vitest'
import { StderrTail } from '../../../../../src/engines/docker/launcher/stderr-tail.ts'

const said = '[FATAL tini (7)] exec nothing failed: No such file or directory\n'

function tailOf(chunks: readonly string[]): StderrTail {
  const tail = new StderrTail({ write: () => undefined })
  for (const chunk of chunks) tail.write(Buffer.from(chunk))
  return tail
}

test.each([
  { title: 'alone', chunks: [said] },
  { title: 'in single bytes', chunks: [...said] },
  { title: 'after a line that is longer than what is kept', chunks: [`${'x'.repeat(20_000)}\n`, said] },
  { title: 'across the end of what is kept', chunks: ['x'.repeat(8_160), '\n', said.slice(0, 20), said.slice(20)] },
  { title: 'in one chunk with much before it', chunks: [`${'x\n'.repeat(9_000)}${said}`] },
])('a command that the init process could not execute is found: $title', ({ chunks }) => {
  expect(tailOf(chunks).initError).toBe('exec nothing failed: No such file or directory')
})

test.each([{ chunks: [] }, { chunks: [said, 'more\n'] }, { chunks: [`said: ${said}`] }])(
  'other output is not taken for it: $chunks',
  ({ chunks }) => {
    expect(tailOf(chunks).initError).toBeUndefined()
  },
)

test('the name of a command may have lines', () => {
  const { initError } = tailOf(['before\n[FATAL tini (6)] exec no\nsuch failed: No such file or directory\n'])
  expect(initError).toBe('exec no\nsuch failed: No such file or directory')
})
