import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { containersWith } from '../../support/engine/request.ts'
import { ensureFunctionImage } from '../../support/images/function-image.ts'
import { ensureTestImage } from '../../support/images/images.ts'

beforeAll(async () => {
  await ensureTestImage()
  await ensureFunctionImage()
})

const script = fileURLToPath(new URL('../../support/children/few-files.ts', import.meta.url))

test('without a file descriptor a run, a call and a pull reject, leave nothing, and go well later', async () => {
  const command = `ulimit -n 256; exec '${process.execPath}' '${script}'`
  const { stdout } = await promisify(execFile)('sh', ['-c', command])
  const { before, without, left, again, instance } = JSON.parse(stdout) as Record<string, Record<string, unknown>>
  const well = { run: ['success', 'hi\n'], cold: 200, pull: 'pulled' }
  expect(before).toEqual(well)
  const refusal = {
    code: 'ERR_COOKIETIN_TOO_MANY_FILES',
    retryable: true,
    message: expect.stringContaining('raise the limit on open files (ulimit -n)'),
  }
  expect(without).toEqual({ run: refusal, cold: refusal, warm: refusal, pull: refusal })
  // The container that could not be thawed is gone, with its descriptors.
  expect(left).toBeLessThanOrEqual(0)
  expect(again).toEqual({ ...well, warm: 200 })
  expect(await containersWith(`cookietin.instance=${instance}`)).toEqual([])
})
