import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { resolveDockerConfig } from '../../../src/engines/docker/config/config.ts'
import { Registries } from '../../../src/engines/docker/config/registries.ts'

const page = readFileSync(new URL('../../../docs/config.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| `(\w+)` \| `(\w+)` \| (?:`([^`]+)`|none) \| .{20,} \|$/gm)].map(
  ([, key = '', variable = '', value]) => ({
    key,
    variable,
    value,
  }),
)

/** A default as the page writes it. */
function written(value: unknown): string | undefined {
  if (value === undefined || value instanceof Registries || (Array.isArray(value) && value.length === 0))
    return undefined
  return String(value)
}

test('docs/config.md has every key, once, with its variable and its default', () => {
  const defaults = resolveDockerConfig({}, {})
  const keys = Object.keys(defaults)
  expect(rows.map(({ key }) => key).sort()).toEqual(keys.sort())
  for (const { key, variable, value } of rows) {
    expect(variable).toBe(`COOKIETIN_${key.replaceAll(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`)
    expect(value, key).toBe(written(defaults[key as keyof typeof defaults]))
  }
})
