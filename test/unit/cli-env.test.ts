import { expect, test } from 'vitest'
import { readEnv } from '../../src/cli/env-options.ts'

test('an env file that cannot be read is named', () => {
  expect(() => readEnv(['/no/such/file'], [])).toThrow(/^--env-file: cannot read \/no\/such\/file: ENOENT/)
})
