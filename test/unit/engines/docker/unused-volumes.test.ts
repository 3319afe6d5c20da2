import { expect, it } from 'vitest'
import { removeUnusedVolumes } from '../../../../src/engines/docker/cleanup/unused-volumes.ts'
import type { Api, Call } from '../../../../src/engines/docker/connection/api.ts'
import { CookietinError } from '../../../../src/errors.ts'

/** An engine with two volumes that no container uses, and one that it cannot remove. */
function fakeApi() {
  const calls: string[] = []
  const request = async ({ method, path, query }: Call) => {
    calls.push(`${method} ${path}${query === undefined ? '' : ` ${JSON.stringify(query)}`}`)
    if (method === 'GET') return { status: 200, body: { Volumes: [{ Name: 'a' }, { Name: 'b c' }, { Name: 3 }] } }
    if (path.endsWith('/a')) throw new CookietinError('ERR_COOKIETIN_ENGINE_ERROR', 'volume is in use')
    return { status: 204, body: undefined }
  }
  return { calls, api: { request } as unknown as Api }
}

const options = { deadline: 1_000, signal: undefined }

it('removes volumes of runs that no container uses, and reports those that it cannot remove', async () => {
  const { api, calls } = fakeApi()
  const volumes = await removeUnusedVolumes(api, { ...options, dryRun: false })
  expect(volumes).toMatchObject([
    { volume: 'a', removed: false, error: { message: 'volume is in use' } },
    { volume: 'b c', removed: true },
  ])
  const filters = JSON.stringify({ label: ['cookietin.volume'], dangling: ['true'] })
  expect(calls).toEqual([`GET /volumes ${JSON.stringify({ filters })}`, 'DELETE /volumes/a', 'DELETE /volumes/b%20c'])
})

it('only lists them in a dry run, and after an abort', async () => {
  const { api, calls } = fakeApi()
  const listed = [
    { volume: 'a', removed: false },
    { volume: 'b c', removed: false },
  ]
  expect(await removeUnusedVolumes(api, { ...options, dryRun: true })).toEqual(listed)
  expect(await removeUnusedVolumes(api, { ...options, dryRun: false, signal: AbortSignal.abort() })).toEqual(listed)
  expect(calls.filter(call => call.startsWith('DELETE'))).toEqual([])
})

it('finds none where the engine lists none', async () => {
  const api = { request: async () => ({ status: 200, body: { Volumes: null } }) } as unknown as Api
  expect(await removeUnusedVolumes(api, { ...options, dryRun: false })).toEqual([])
})
