/** A file, a symbolic link, or (with a trailing slash) a folder. */
export interface TarEntry {
  readonly path: string
  readonly mode?: number
  readonly data?: Buffer
  readonly link?: string
}

const block = 512

/** A ustar archive of the entries. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(entry => {
    const data = entry.data ?? Buffer.alloc(0)
    return [header(entry, data.length), data, Buffer.alloc((block - (data.length % block)) % block)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * block)])
}

function header({ path, mode = 0o777, link = '' }: TarEntry, size: number): Buffer {
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  const type = link !== '' ? '2' : path.endsWith('/') ? '5' : '0'
  const bytes = Buffer.alloc(block)
  bytes.write(path, 0)
  bytes.write(octal(mode, 7) + octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(0, 11), 100)
  bytes.write(' '.repeat(8), 148)
  bytes.write(type, 156)
  bytes.write(link, 157)
  bytes.write('ustar\x0000', 257)
  const checksum = bytes.reduce((sum, byte) => sum + byte, 0)
  bytes.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}
