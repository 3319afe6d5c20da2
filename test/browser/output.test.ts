import { expect, it, onTestFinished } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { createMockDriver } from '../../src/driver/testing.ts'
import { createExecutor } from '../../src/index.ts'
import { type InspectorOptions, startInspector } from '../../src/inspector/index.ts'
import { makeInspectable } from '../../src/utils/actors/inspectable.ts'
import { closeAfterTest, open, useBrowser } from './setup.ts'

useBrowser()

const markup = '<img src=x onerror="document.title=1">'

/** An inspector with a run that fails, one that succeeds, and one that goes on. */
async function setup(options: InspectorOptions) {
  const inspector = await startInspector(options)
  const driver = createMockDriver({
    broken: {
      stdout: `started\n\u001b[32mgreen ${markup}\u001b[0m\n${'crumb\n'.repeat(20_000)}the token is tok-tok-tok\n`,
      stderr: 'a warning\n\u001b[1;31mno oven for tok-tok-tok\u001b[0m\n',
      exitCode: 3,
    },
    fine: { stdout: 'all is well\n', stderr: 'only a warning\n' },
    long: { stdout: 'still here\n', runFor: Infinity },
  })
  const executor = createExecutor({ driver, inspect: inspector.inspect })
  closeAfterTest({
    async close() {
      await executor.close({ force: true })
      await driver.close()
      await inspector.close()
    },
  })
  await executor.run({
    id: 'the-broken-one',
    image: 'broken',
    command: 'bake --key tok-tok-tok',
    secrets: ['tok-tok-tok'],
    memory: '64m',
    labels: { team: 'red' },
  })
  await executor.run({ id: 'the-fine-one', image: 'fine' })
  await executor.onIdle()
  return { inspector, executor }
}

it('shows the end of both streams with colours, masked and harmless, and searches them', async () => {
  const { inspector } = await setup({ output: true })
  const page = await open(inspector.url)
  const title = await page.title()
  const failed = page.locator('.row', { hasText: 'the-broken-one' })
  expect(await failed.locator('.error-line').textContent()).toBe('no oven for •••')
  expect(await page.locator('.row', { hasText: 'the-fine-one' }).locator('.error-line').count()).toBe(0)
  await failed.click()
  expect(await page.locator('.details > .error-line').textContent()).toBe('no oven for •••')
  await page.getByRole('button', { name: 'Output' }).click()
  const stderr = page.getByRole('group', { name: 'Standard error' })
  expect(await stderr.textContent()).toBe('a warning\nno oven for •••')
  expect(await stderr.locator('.ansi-red.t-bold').textContent()).toBe('no oven for •••')
  const stdout = page.getByRole('group', { name: 'Standard output' })
  expect(await stdout.textContent()).toMatch(/crumb\nthe token is •••$/)
  await page.locator('.stream h3', { hasText: 'the last 64 KiB' }).waitFor()
  await page.getByRole('searchbox', { name: 'Search the output' }).fill('TOKEN')
  await page.getByText('1 line found').waitFor()
  expect(await stdout.textContent()).toBe('the token is •••')
  expect(await page.content()).not.toContain('tok-tok-tok')
  expect(await page.title()).toBe(title)
})

it('shows markup as text, and the output of a run that goes on', async () => {
  const { inspector, executor } = await setup({ output: true })
  void executor.run({ id: 'the-long-one', image: 'long', command: ['<img/src=x>'] })
  const page = await open(`${inspector.url}#id=the-long-one&pane=output`)
  await page.getByRole('group', { name: 'Standard output' }).getByText('still here').waitFor()
  await page.getByRole('button', { name: 'Task' }).click()
  await page.locator('.facts', { hasText: '<img/src=x>' }).waitFor()
  expect(await page.locator('[src=x]').count()).toBe(0)
})

it('shows the task, masked, with a button that copies the name of its container', async () => {
  const { inspector } = await setup({ output: true })
  const page = await open(inspector.url, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.locator('.row', { hasText: 'the-broken-one' }).click()
  await page.getByRole('button', { name: 'Task' }).click()
  const facts = page.locator('.facts > div')
  const fact = (name: string) => facts.filter({ hasText: name }).locator('code').allTextContents()
  await facts.first().waitFor()
  expect(await fact('Command')).toEqual(['bake --key •••'])
  expect(await fact('Limits')).toEqual(['memory 64 MiB'])
  expect(await fact('Profile')).toEqual(['default'])
  expect(await fact('Labels')).toEqual(['team=red'])
  const [container] = await fact('Container')
  expect(container).toContain('the-broken-one')
  await page.getByRole('button', { name: `Copy ${container}` }).click()
  await page.getByText('Copied').waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(container)
})

it("shortens the digest of a run's image, and copies it whole", async () => {
  const { inspector } = await setup({})
  const machine = createMachine({ id: 'oven', initial: 'on', states: { on: {} } })
  const actor = createActor(machine, { id: 'the-oven', inspect: inspector.inspect })
  const digest = `bread@sha256:${'0123456789abcdef'.repeat(4)}`
  makeInspectable(actor, { task: { image: 'bread:1' }, imageDigest: () => digest })
  actor.start()
  onTestFinished(() => void actor.stop())
  const permissions = ['clipboard-read', 'clipboard-write']
  const page = await open(`${inspector.url}#id=the-oven&pane=task`, { permissions })
  const fact = page.locator('.facts > div', { hasText: 'Image digest' })
  expect(await fact.locator('code').textContent()).toBe('bread@sha256:0123456789ab…')
  await fact.getByRole('button', { name: `Copy ${digest}` }).click()
  await page.getByText('Copied').waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(digest)
})

it('shows no output unless it is asked to, and says how', async () => {
  const { inspector } = await setup({})
  const page = await open(inspector.url)
  const failed = page.locator('.row', { hasText: 'the-broken-one' })
  await failed.click()
  await page.getByRole('button', { name: 'Output' }).click()
  await page.getByText('--inspect=output').waitFor()
  expect(await page.locator('.error-line').count()).toBe(0)
})

it('a failed run is red wherever its end is drawn, and a step back before its end is not', async () => {
  const { inspector } = await setup({})
  const page = await open(inspector.url)
  await page.locator('.row.kind-bad', { hasText: 'the-broken-one' }).click()
  await page.locator('.state.lit.kind-bad[data-state="closed"]').waitFor()
  await page.locator('.state.kind-bad[data-state="done"]').waitFor()
  await page.locator('.log li.kind-bad', { hasText: 'running → done' }).waitFor()
  await page.locator('.log li', { hasText: 'starting → running' }).getByRole('button').click()
  await page.locator('.state.kind-ok[data-state="done"]').waitFor()
  await page.locator('.row.kind-ok', { hasText: 'the-fine-one' }).click()
  await page.locator('.state.kind-ok[data-state="done"]').waitFor()
  await page.locator('.state.lit.kind-over[data-state="closed"]').waitFor()
})
