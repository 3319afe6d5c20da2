import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { packageFile } from '../../../src/utils/package-file.ts'

it('is the first of the given paths that the package has, absolute', () => {
  const file = packageFile('no-such-file', 'package.json', 'LICENSE')
  expect(file?.startsWith('/')).toBe(true)
  expect(JSON.parse(readFileSync(file ?? '', 'utf8'))).toMatchObject({ name: 'cookietin' })
})

it('is undefined when the package has none of them', () => {
  expect(packageFile('no-such-file')).toBeUndefined()
  expect(packageFile()).toBeUndefined()
})
