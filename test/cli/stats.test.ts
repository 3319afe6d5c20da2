import { describe, expect, test } from 'vitest'
import { decodeStats } from '../../src/index.ts'
import { cli } from '../support/cli.ts'
import { ensureTestImage, testImage } from '../support/images/images.ts'

const run = ['run', '--driver', 'process', '--quiet']

const pointsOf = (line: string) => JSON.parse(line) as { line?: number; id: string; stats: { metrics: object }[] }

describe('run --stats', () => {
  test("plots on standard error, after the command's own output, and not on standard output", async () => {
    const { code, stdout, stderr } = await cli([
      ...run,
      '--stats',
      'none',
      'sh',
      '-c',
      'echo out; echo err >&2; sleep 1.3',
    ])
    expect([code, stdout]).toEqual([0, 'out\n'])
    const lines = stderr.split('\n')
    expect(lines[0]).toBe('err')
    expect(stderr).toMatch(/^CPU: mean \d+ %, peak \d+ % of a core$/m)
    expect(stderr).toMatch(/^Memory: peak [\d.]+ MiB$/m)
    expect(stderr).toMatch(/^ +[\d.]+ MiB┤/m)
    expect(stderr).not.toContain('\u001b[')
  })

  test('=json prints the samples as a line of JSON', async () => {
    const { stdout, stderr } = await cli([...run, '--stats=json', '--id', 'points', 'none', 'sleep', '0.5'])
    expect(stdout).toBe('')
    const { id, stats } = pointsOf(stderr)
    expect([id, stats.length > 0]).toEqual(['points', true])
    expect(Object.keys(stats[0]?.metrics ?? {})).toContain('mem_usage')
    // In Fn's form, which decodeStats reads.
    const read = decodeStats(JSON.stringify(stats))
    expect(read).toHaveLength(stats.length)
    expect(Math.abs(Date.now() - (read[0]?.timestamp ?? 0))).toBeLessThan(600_000)
  })

  test('belongs to the command after the image', async () => {
    const { stdout, stderr } = await cli([...run, 'none', 'echo', '--stats', '--stats=json'])
    expect([stdout, stderr]).toEqual(['--stats --stats=json\n', ''])
  })

  test('rejects other forms', async () => {
    const { code, stderr } = await cli([...run, '--stats=xml', 'none', 'true'])
    expect([code, stderr]).toEqual([125, expect.stringContaining("unknown option '--stats=xml'")])
  })

  test('has samples of a very short run from the control groups', async () => {
    await ensureTestImage()
    // Shorter than the engine's interval of a second, which gives such a run no sample.
    const args = ['run', '--stats=json', '--network', 'none', testImage, 'sleep', '0.3']
    const { code, stderr } = await cli(args, { env: { COOKIETIN_SAMPLER: 'cgroup' } })
    expect([code, pointsOf(stderr).stats.length > 0]).toEqual([0, true])
  })
})

describe('batch --stats', () => {
  const tasks = [
    { image: 'none', id: 'one', command: ['sleep', '1.2'] },
    { image: 'none', id: 'two', command: ['sh', '-c', 'sleep 1.2; exit 3'] },
  ]
  const input = tasks.map(task => JSON.stringify(task)).join('\n')
  const batch = (...args: string[]) => cli(['batch', '--driver', 'process', ...args], { input })

  test('plots each run after the summary', async () => {
    const { code, stdout } = await batch('--stats', '-')
    expect(code).toBe(1)
    const [summary, ...plots] = stdout.split(/^(?=line \d)/m)
    expect(summary).toContain('2 tasks: 1 succeeded, 1 failed')
    expect(plots.map(plot => plot.split('\n')[0])).toEqual(['line 1  one', 'line 2  two'])
    for (const plot of plots) expect(plot).toMatch(/^CPU: mean \d+ %[\s\S]*^Memory: [\s\S]*┤/m)
  })

  test('=json prints the samples of each run when it ends, and the summary on standard error', async () => {
    const { stdout, stderr } = await batch('--stats=json')
    const points = stdout.trim().split('\n').map(pointsOf)
    expect(points.map(({ line, id }) => `${line} ${id}`).toSorted()).toEqual(['1 one', '2 two'])
    for (const { stats } of points) expect(stats.length).toBeGreaterThan(0)
    expect(stderr).toContain('2 tasks: 1 succeeded, 1 failed')
  })

  test('does not print samples twice if the printed results have them', async () => {
    const { stdout } = await batch('--stats=json', '--json', '--quiet')
    const results = stdout.trim().split('\n').map(pointsOf)
    expect(results.map(result => [Object.keys(result).includes('status'), result.stats.length > 0])).toEqual([
      [true, true],
      [true, true],
    ])
    const plotted = await batch('--stats', '--json', '--quiet')
    expect(plotted.stdout.trim().split('\n')).toHaveLength(2)
    expect(plotted.stderr).toContain('line 2  two')
  })
})
