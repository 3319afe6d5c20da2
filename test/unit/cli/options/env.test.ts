import { expect, test } from 'vitest'
import { readEnv } from '../../../../src/cli/options/env.ts'

test('names an env file that cannot be read', () => {
  expect(() => readEnv(['/no/such/file'], [])).toThrow(/^--env-file: cannot read \/no\/such\/file: ENOENT/)
})
