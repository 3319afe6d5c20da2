import { expect, test } from 'vitest'
import { compareVersions } from '../../../../../src/engines/docker/connection/versions.ts'

test('versions are compared by their leading numbers', () => {
  expect(compareVersions('20.10.24+dfsg1', '20.10.24')).toBe(0)
  expect(compareVersions('1.9', '1.41')).toBeLessThan(0)
  expect(compareVersions('v25', '24.0.9-rc.1')).toBeGreaterThan(0)
})
