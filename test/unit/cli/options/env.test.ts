import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { readEnv } from '../../../../src/cli/options/env.ts'

function fileOf(text: string | Buffer): string {
  const folder = mkdtempSync('/tmp/ct-')
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(`${folder}/env`, text)
  return `${folder}/env`
}

test('names an env file that cannot be read', () => {
  expect(() => readEnv(['/no/such/file'], [])).toThrow(/^--env-file: cannot read \/no\/such\/file: ENOENT/)
})

test('reads a file as docker does', () => {
  const path = fileOf('\uFEFFA=1\r\n# no\n\n  B= two = 2 \nHOME\nNO_SUCH_VARIABLE\nC="quoted"\nA=3\n')
  expect(readEnv([path], ['B=b'])).toEqual({ A: '3', B: 'b', HOME: process.env.HOME, C: '"quoted"' })
})

test.each(['export FOO=CANARY', 'SECRET="CANARY\n[config CANARY]\n"', 'FOO =CANARY', 'CANARY CANARY'])(
  'refuses a name with white space, and does not show the line: %s',
  text => {
    expect(() => readEnv([fileOf(text)], [])).toThrow(/env line \d: a name has white space; write NAME=value/)
    expect(() => readEnv([fileOf(text)], [])).not.toThrow(/CANARY/)
  },
)

test.each([
  ['=CANARY', []],
  ['', ['=CANARY']],
])('refuses an entry without a name, and does not show it: %s %s', (text, entries) => {
  expect(() => readEnv([fileOf(text)], entries)).toThrow(/there is no name before "="/)
  expect(() => readEnv([fileOf(text)], entries)).not.toThrow(/CANARY/)
})

test('refuses a file that is not UTF-8', () => {
  expect(() => readEnv([fileOf(Buffer.from([65, 61, 255, 10]))], [])).toThrow(/is not UTF-8/)
})
