import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import type { InspectionEvent } from 'xstate'
import { combineInspectors, openRecording, startInspector, startRecording } from '../../../src/inspector/index.ts'

it('rejects every bad option at once, and does not show the token', async () => {
  const bad = { port: 70_000, host: '', token: 'too-short', maxActors: 0, maxSteps: 1.5, allowedHosts: ['a b'] }
  await expect(startInspector(bad)).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_CONFIG',
    issues: ['port', 'maxActors', 'maxSteps', 'host', 'token', 'allowedHosts'].map(field =>
      expect.objectContaining({ field }),
    ),
    message: expect.not.stringContaining('too-short'),
  })
})

it('rejects an unknown option', async () => {
  await expect(startInspector({ hosts: 'x' } as never)).rejects.toThrow(/hosts: .* must be given as host/)
  await expect(startInspector({ control: 'yes' } as never)).rejects.toThrow(/control: 'yes' is not allowed/)
  await expect(startInspector({ output: 'yes' } as never)).rejects.toThrow(/output: 'yes' is not allowed/)
})

it('makes a recording readable by its owner only, also over an existing file', async () => {
  const folder = mkdtempSync('/tmp/ct-')
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = `${folder}/runs.ndjson`
  writeFileSync(path, 'old', { mode: 0o644 })
  await (await startRecording(path)).close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'utf8')).not.toContain('old')
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
