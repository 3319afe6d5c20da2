import { expect, it } from 'vitest'
import type { InspectionEvent } from 'xstate'
import { combineInspectors, openRecording, startInspector } from '../../../src/inspector/index.ts'

it('rejects every bad option at once, and does not show the token', async () => {
  const bad = { port: 70_000, host: '', token: 'too-short', maxActors: 0, maxSteps: 1.5 }
  await expect(startInspector(bad)).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_CONFIG',
    issues: ['port', 'maxActors', 'maxSteps', 'host', 'token'].map(field => expect.objectContaining({ field })),
    message: expect.not.stringContaining('too-short'),
  })
})

it('rejects a file that is not a recording', async () => {
  await expect(openRecording('/nowhere/at-all')).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INSPECTOR_FAILED' })
  await expect(openRecording(new URL(import.meta.url).pathname)).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INSPECTOR_FAILED',
    message: expect.stringContaining('not a recording'),
  })
})

it('combines inspectors of either form', () => {
  const heard: string[] = []
  const inspect = combineInspectors(() => heard.push('function'), undefined, { next: () => heard.push('observer') })
  inspect({ type: '@xstate.actor' } as InspectionEvent)
  expect(heard).toEqual(['function', 'observer'])
})
