import { expect, it } from 'vitest'
import { operationOf } from '../../../../src/telemetry/metrics/engine-operation.ts'

it.each([
  ['/_ping', '/_ping'],
  ['/containers/create', '/containers/create'],
  ['/containers/cookietin-a1/start', '/containers/{id}/start'],
  ['/containers/cookietin-a1', '/containers/{id}'],
  ['/images/ghcr.io/owner/name:1/json', '/images/{id}/json'],
  ['/volumes/data', '/volumes/{id}'],
  ['/containers/start/json', '/containers/{id}/json'],
])('the operation of %s is %s', (path, operation) => expect(operationOf(path)).toBe(operation))
