import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { embedExamples, pagesWithExamples } from '../../../scripts/docs/embed-examples.ts'
import { makeExampleImages } from '../../support/images/example-images.ts'
import { ensureTestImage } from '../../support/images/images.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

// The examples run busybox, and the functions beside them.
beforeAll(async () => {
  await ensureTestImage()
  await makeExampleImages()
})

/** The engine of the example of a custom engine, and its conformance suite, which has a test of its own. */
const parts = ['engines/local-engine.ts', 'engines/conformance.ts']
/** Examples of several files, which a page cannot show as one block. */
const notEmbedded = ['engines/custom-engine.ts']
const examples = readdirSync(`${root}/examples`, { recursive: true, encoding: 'utf8' }).filter(
  name => /^(?:(?:engines|programs|watching)\/)?[\w-]+\.ts$/.test(name) && !parts.includes(name),
)

/** The output of each example. */
const output: Readonly<Record<string, string>> = {
  'cancel.ts': 'cancelled ERR_COOKIETIN_CANCELLED\n',
  'close.ts': 'hi\n',
  'files.ts': '/app/out/recipe.txt 21\n',
  'first-run.ts': 'created\npreparing\nprepared\nstarting\nrunning\ndone\nclosing\nsuccess 0 5\n\nclosed\n',
  'freeze.ts': 'frozen\nrunning\nsuccess\n',
  'watching/history.ts': 'unlucky 3\n',
  'hot.ts': '201 Hello Ada\n201 Hello Grace\n1 container\n',
  'watching/inspector.ts': '<url>\nsuccess\n',
  'machine.ts': "{ unstarted: 'preparing' }\n{ settled: 'cancelled' }\n",
  'many.ts': '0\n1\n4\n9\n16\n25\n36\n49\n',
  'engines/custom-engine.ts': 'local success from my engine\n',
  'engines/mock-driver.ts': 'busybox success 0\nbroken error 3\n0 left\n',
  'engines/spares.ts': '42 created preparing prepared starting running\n',
  'engines/prefork.ts': '2 of 2 free\nbaker pooled\nsuccess\n',
  'engines/process-driver.ts': 'success hi\n',
  'programs/batch.ts':
    'job-10 exited with 1 after 1 attempts\njob-12 exited with 75 after 2 attempts\njob-3 exited with 75 after 2 attempts\njob-5 exited with 1 after 1 attempts\njob-6 exited with 75 after 2 attempts\njob-9 exited with 75 after 2 attempts\n6 × error, 6 × success\n',
  'programs/ci-step.ts': 'ok 1 - adds\nsuccess: exit code 0\nreport: ok 1 - adds\n',
  'programs/dashboard.ts': 'open <url>\n2 done, 2 timed out, 0 waiting\nmemory was measured\n',
  'programs/judge.ts':
    'right: accepted\nwrong: wrong answer\nslow: time limit exceeded\ngreedy: memory limit exceeded\nbroken: runtime error\n',
  'programs/transform.ts':
    'success butter.txt 0\nsuccess flour.txt 0\nsuccess sugar.txt 0\nbutter.txt BUTTER\nflour.txt FLOUR\nsugar.txt SUGAR\n',
  'retry.ts': 'success after 1, error after 1, error after 3\n',
  'watching/stats.ts': '3 processes, 64 MiB allowed\n',
  'results.ts': 'error 3 no flour\nERR_COOKIETIN_IMAGE_NOT_FOUND\n',
}

test('the pages have the code of the examples', () => {
  const texts = pagesWithExamples.map(page => readFileSync(page, 'utf8'))
  expect(texts).toEqual(texts.map(embedExamples))
  const embedded = examples.filter(name => !notEmbedded.includes(name) && !name.startsWith('programs/'))
  for (const name of embedded) expect(texts[0]).toContain(`<!-- examples/${name} -->\n\`\`\`ts\n`)
})

test.each(examples)('examples/%s prints what it should', async name => {
  const args = ['--import', './test/support/docs/run-example.ts', `examples/${name}`]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root })
  expect(stderr).toBe('')
  expect(stdout.replace(/http:\/\/127\.0\.0\.1:\d+\S*/, '<url>')).toBe(output[name])
})

test("an engine of one's own passes the conformance suite", async () => {
  const args = [
    '--import',
    './test/support/docs/run-example.ts',
    '--test',
    '--test-reporter=tap',
    'examples/engines/conformance.ts',
  ]
  // A failure exits with 1, and its output names the test.
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root }).catch(error => error)
  expect(stdout).not.toMatch(/^not ok/m)
  expect(stdout).toMatch(/^# pass 3\d$/m)
  for (const count of ['fail', 'skipped', 'cancelled']) expect(stdout).toMatch(new RegExp(`^# ${count} 0$`, 'm'))
})
