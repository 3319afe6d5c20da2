import * as conventions from '@opentelemetry/semantic-conventions/incubating'
import { expect, it } from 'vitest'
import { attribute, metric } from '../../../src/telemetry/names.ts'
import { namesIn, page, rowsBelow } from '../../support/docs/pages.ts'

const known = new Set<unknown>(Object.values(conventions))
const isOurs = (name: string) => name.startsWith('cookietin.')

it('every attribute and every metric is one of the semantic conventions, or has our prefix', () => {
  // The template of `container.label.KEY` has no constant.
  const names = [...Object.values(attribute), ...Object.values(metric).map(({ name }) => name)]
  expect(names.filter(name => !isOurs(name) && !known.has(name))).toEqual(['container.label'])
  expect(names.filter(isOurs).filter(name => known.has(name))).toEqual([])
  expect(conventions.ATTR_CONTAINER_LABEL('key')).toBe(`${attribute.label}.key`)
})

it('docs/observability.md has every attribute and every metric, with its unit and attributes', () => {
  const observability = page('docs/observability.md')
  const rows = rowsBelow(observability, 'Metrics')
  const told = rows.map(cells => [namesIn(cells[0])[0], cells[1]?.replaceAll('`', ''), namesIn(cells[2])])
  const defined = Object.values(metric).map(({ name, unit, attributes }) => [name, unit, [...attributes]])
  expect(told.toSorted()).toEqual(defined.toSorted())
  const all = observability.split('\n').flatMap(namesIn)
  for (const name of Object.values(attribute)) expect(all.some(each => each.startsWith(name))).toBe(true)
})
