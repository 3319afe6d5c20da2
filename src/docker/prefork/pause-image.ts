import { Readable } from 'node:stream'
import { pauseImage } from '../../config.ts'
import type { Api } from '../api.ts'
import { hasImage } from '../pull.ts'

/** Has the engine make the pool's own image, out of nothing, where it is not there. */
export async function ensurePauseImage(api: Api, program: Buffer, deadline: number): Promise<void> {
  if (await hasImage(api, pauseImage, deadline)) return
  const [repo = '', tag = ''] = pauseImage.split(':')
  await api.request({
    doing: `make image ${pauseImage}`,
    method: 'POST',
    path: '/images/create',
    query: { fromSrc: '-', repo, tag, changes: 'CMD ["/pause"]' },
    headers: { 'Content-Type': 'application/x-tar' },
    file: Readable.from([archiveOf(program)]),
    text: true,
    deadline,
  })
}

/** Takes it away again, unless another driver uses it. */
export async function removePauseImage(api: Api, deadline: number): Promise<void> {
  const call = {
    doing: `remove image ${pauseImage}`,
    method: 'DELETE',
    path: `/images/${pauseImage}`,
    deadline,
  } as const
  await api.request(call).catch(() => {})
}

const block = 512

/** A tar archive of the one file. */
function archiveOf(program: Buffer): Buffer {
  const header = Buffer.alloc(block)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  header.write('pause')
  header.write(octal(0o755, 7) + octal(0, 7) + octal(0, 7) + octal(program.length, 11) + octal(0, 11), 100)
  header.write(' '.repeat(8), 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, program, Buffer.alloc(block - (program.length % block)), Buffer.alloc(2 * block)])
}
