import { expect, it } from 'vitest'
import { outcomeAt } from '../../../../src/inspector/page/data/outcome.ts'
import { outcomeKind } from '../../../../src/inspector/page/data/state-kinds.ts'
import { factsOf, shortDigest } from '../../../../src/inspector/page/view/task-facts.ts'
import { matchingLines, styledText } from '../../../../src/inspector/page/view/terminal-text.ts'
import { row, step } from './setup.ts'

it('colours a state by how the actor ended, once that is decided', () => {
  expect(outcomeKind('done', undefined)).toBe('ok')
  expect(outcomeKind('done', 'success')).toBe('ok')
  expect(outcomeKind('done', 'error')).toBe('bad')
  expect(outcomeKind('done', 'timeout')).toBe('warn')
  expect(outcomeKind('closed', 'error')).toBe('bad')
  expect(outcomeKind('closed', 'success')).toBe('over')
  expect(outcomeKind('running', 'error')).toBe('run')
})

it('knows the outcome of a past moment from the step that decided it on', () => {
  const log = [step(1, 'ready', 'running'), step(2, 'running', 'done', { status: 'error' }), step(3, 'done', 'closing')]
  const actor = row({ state: 'closing', status: 'error' })
  const at = (cursor?: number) => [...(outcomeAt(actor, log, cursor)?.states ?? [])]
  expect(at()).toEqual(['done', 'closing'])
  expect(at(2)).toEqual(['done'])
  expect(at(1)).toEqual([])
  expect(outcomeAt(row({ state: 'done' }), log.slice(0, 1), undefined)).toBeUndefined()
})

it('cuts output into pieces of one style, and draws colours by name', () => {
  expect(styledText('a\x1b[1;31mb\x1b[0mc<script>\x1b[7mr\x1b[0m\x1b[38;2;1;2;3mt')).toEqual([
    { text: 'a', style: '' },
    { text: 'b', style: 't-bold ansi-red' },
    { text: 'c<script>', style: '' },
    { text: 'r', style: 't-ground ansi-black' },
    { text: 't', style: '' },
  ])
})

it('finds lines by their text, colours aside', () => {
  const text = 'one\n\x1b[31mTw\x1b[0mo\nthree'
  expect(matchingLines(text, 'two')).toEqual(['\x1b[31mTw\x1b[0mo'])
  expect(matchingLines(text, ' ')).toEqual(text.split('\n'))
  expect(matchingLines(text, 'four')).toEqual([])
})

it('shortens a digest, and nothing else', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
  expect(shortDigest(`ghcr.io/a/b@${digest}`)).toBe('ghcr.io/a/b@sha256:0123456789ab…')
  expect(shortDigest(digest)).toBe('sha256:0123456789ab…')
  expect(shortDigest('sha512:0123456789abcdef')).toBe('sha512:0123456789abcdef')
})

it('words the facts of a task, and leaves out what is not set', () => {
  const task = {
    container: 'cookietin-bun',
    image: 'python:3@sha256:1234',
    command: ['sh', '-c', 'echo "hi"'],
    labels: { team: 'red' },
    limits: { memory: 64 * 2 ** 20, cpus: 1_500, pids: 0, gpus: 'all', timeout: 'Infinity', stopGrace: 2_000 },
    mounts: {
      volumes: [{ source: '/flour', target: '/in', readOnly: true }],
      namedVolumes: [{ volume: 'cache', target: '/cache', readOnly: false }],
      tmpfs: [{ target: '/scratch', size: 2 ** 20 }],
    },
    capAdd: [],
    profile: 'hardened',
  }
  expect(factsOf(task)).toEqual([
    ['Container', ['cookietin-bun']],
    ['Image', ['python:3@sha256:1234']],
    ['Command', ['sh -c "echo \\"hi\\""']],
    ['Profile', ['hardened']],
    ['Labels', ['team=red']],
    ['Limits', ['memory 64 MiB', 'cpus 1.5', 'gpus all', 'stopGrace 2.00 s']],
    ['Mounts', ['/flour → /in (read-only)', 'cache → /cache', 'tmpfs of 1 MiB → /scratch']],
  ])
})
