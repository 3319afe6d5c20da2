import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filter, firstValueFrom } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createMockDriver } from '../../src/driver/testing.ts'
import { createExecutor } from '../../src/index.ts'
import { openRecording, startRecording } from '../../src/inspector/index.ts'
import { closeAfterTest, open, script, useBrowser } from './setup.ts'

let folder: string
let path: string
/** A step in the file; the arrow of a machine has no time. */
const stepTo = (state: string) => new RegExp(`"at":\\d+,"from":"\\w+","to":"${state}"`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ct-'))
  path = join(folder, 'runs.ndjson')
  await using recording = await startRecording(path)
  await using driver = createMockDriver(script)
  await using executor = createExecutor({ driver, concurrency: 4, inspect: recording.inspect })
  const long = executor.run({
    id: 'the-long-one',
    image: 'long',
    env: { TOKEN: 'hunter2' },
    command: ['login', 'hunter2'],
  })
  // Each step in its own message.
  const written = (what: RegExp) => vi.waitUntil(async () => what.test(await readFile(path, 'utf8')), 30_000)
  await firstValueFrom(long.state$.pipe(filter(state => state === 'running')))
  await written(stepTo('running'))
  await long.freeze()
  await written(stepTo('frozen'))
  await Promise.all(Array.from({ length: 20 }, (_, n) => executor.run({ id: `bun-${n}`, image: 'quick' })))
  await written(/bun-19/)
  long.cancel()
  await long
  await executor.onIdle()
})
afterAll(() => rm(folder, { recursive: true }))

it('is lines of JSON that only its owner may read, without secrets', async () => {
  const text = await readFile(path, 'utf8')
  const types = text
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { type: string }).type)
  expect([...new Set(types)]).toEqual(['hello', 'snapshot', 'delta', 'end'])
  expect(text).not.toContain('hunter2')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

it('rejects a path that it cannot write', async () => {
  await expect(startRecording(join(folder, 'not', 'there'))).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INSPECTOR_FAILED',
  })
})

describe('a recording on the page', () => {
  useBrowser()

  it('is shown at its end, and at any earlier time', async () => {
    const replay = closeAfterTest(await openRecording(path))
    const page = await open(replay.url)
    await page.getByRole('button', { name: '20 success' }).waitFor()
    await page.getByRole('button', { name: '1 cancelled' }).waitFor()
    await page.locator('.link', { hasText: 'Recording' }).waitFor()
    await page.locator('.row', { hasText: 'the-long-one' }).click()
    await page.locator('.state.lit[data-state="closed"]').waitFor()
    await page.locator('.log li', { hasText: 'freeze' }).first().waitFor()
    await page.getByRole('img', { name: /^CPU: now 59 %/ }).waitFor()

    const time = page.getByRole('slider', { name: 'Time in the recording' })
    await time.press('Home')
    await page.getByRole('button', { name: '20 success' }).waitFor({ state: 'detached' })
    await page.getByRole('combobox', { name: 'Speed' }).selectOption('16')
    await page.getByRole('button', { name: 'Play' }).click()
    await page.getByRole('button', { name: '1 cancelled' }).waitFor()
    await page.getByRole('button', { name: 'Play' }).waitFor()
    expect(await page.locator('.count').textContent()).toBe('21 actors')
    await page.getByRole('button', { name: 'Timeline' }).click()
    await page.locator('.timeline-row[data-id="the-long-one"] .span[data-kind="freeze"]').waitFor()
  })

  it('is searched up to the shown time, and holds no secret', async () => {
    const replay = closeAfterTest(await openRecording(path))
    const page = await open(replay.url)
    await page.locator('.row').first().waitFor()
    await page.keyboard.press('s')
    await page.locator('#search:focus').waitFor()
    await page.keyboard.type('unfreeze')
    await page.getByText(/^Nothing in 21 actors holds/).waitFor()
    const field = page.getByRole('searchbox', { name: 'Search in all actors' })
    await field.fill('hunter2')
    await page.getByText('Nothing in 21 actors holds “hunter2”.').waitFor()
    await field.fill('cancel')
    await page.locator('.found button', { hasText: 'the-long-one' }).first().click()
    await page.locator('.log li[aria-current]', { hasText: 'cancel' }).waitFor()
    await page.getByRole('slider', { name: 'Time in the recording' }).press('Home')
    await page.getByText(/^Nothing in \d+ actors holds “cancel”/).waitFor()
  })

  /** Opens the recording with its lines changed. */
  const openChanged = async (change: (lines: string[]) => string) => {
    const changed = join(folder, 'changed.ndjson')
    await writeFile(changed, change((await readFile(path, 'utf8')).trimEnd().split('\n')))
    return closeAfterTest(await openRecording(changed))
  }

  it('that was cut is shown up to the cut, with a notice', async () => {
    const replay = await openChanged(lines => `${lines.slice(0, -2).join('\n')}\n${lines.at(-2)?.slice(0, -9)}`)
    const page = await open(replay.url)
    await page.getByText(/^This recording was cut short at \d\d:\d\d:\d\d/).waitFor()
    await page.locator('.row', { hasText: 'the-long-one' }).click()
    await page.locator('.state.lit[data-state="frozen"]').waitFor()
    await page.locator('.log li', { hasText: 'freeze' }).first().waitFor()
  })

  it('with a bad line shows where a part is missing, and continues after it', async () => {
    const replay = await openChanged(lines => {
      const steps = lines.findIndex(line => stepTo('frozen').test(line))
      return [...lines.slice(0, steps), '{"type":"delta","seq":', ...lines.slice(steps + 1)].join('\n')
    })
    const page = await open(replay.url)
    await page.getByText('A part of this recording is missing').waitFor()
    await page.getByRole('button', { name: '1 cancelled' }).waitFor()
    await page.locator('.row', { hasText: 'the-long-one' }).click()
    await page.locator('.log .missing').waitFor()
    await page.locator('.state.lit[data-state="closed"]').waitFor()
    await page.getByRole('slider', { name: 'Time in the recording' }).press('Home')
    await page.locator('.notice').waitFor({ state: 'detached' })
  })

  it('that cannot be read shows an error, and has no player', async () => {
    const replay = await openChanged(([hello]) => `${hello}\n{"type":"snapshot","seq":0,"now":1}`)
    const page = await open(replay.url)
    await page.getByRole('heading', { name: 'This recording cannot be read' }).waitFor()
    expect(await page.getByRole('button', { name: 'Play' }).count()).toBe(0)
  })
})
