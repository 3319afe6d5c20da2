import { expect, test } from 'vitest'
import { containerPath, imagePath } from '../../../../../src/engines/docker/connection/paths.ts'

test('only container ids and names are put into a path', () => {
  expect(containerPath('a'.repeat(64), '/json')).toBe(`/containers/${'a'.repeat(64)}/json`)
  for (const bad of ['', '..', 'a/b', 'a?force=1', 'a#', '../images/x', 'ü']) expect(() => containerPath(bad)).toThrow()
})

test('each part of an image reference is escaped', () => {
  expect(imagePath('ghcr.io/a/b:1', '/json')).toBe('/images/ghcr.io/a/b%3A1/json')
  expect(imagePath('x?force=1#')).toBe('/images/x%3Fforce%3D1%23')
})
