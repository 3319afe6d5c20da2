import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { machinesPage } from '../../scripts/docs/draw-machines.ts'

it('docs/machines.md matches the machines (npm run docs writes it)', async () => {
  expect(await readFile(new URL('../../docs/machines.md', import.meta.url), 'utf8')).toBe(machinesPage)
})
