import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { pageFileTypes } from '../../src/inspector/server/page-files.ts'

/** Puts `NAME.br` in the place of each file of a flat folder that the page's server serves: it reads these only. */
export function compressFiles(folder: string): void {
  for (const name of readdirSync(folder).filter(each => extname(each) in pageFileTypes)) {
    const path = `${folder}/${name}`
    const content = readFileSync(path)
    writeFileSync(`${path}.br`, brotliCompressSync(content, { params: paramsFor(content.length) }))
    rmSync(path)
  }
}

const paramsFor = (size: number) => ({
  [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
  [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
  [constants.BROTLI_PARAM_SIZE_HINT]: size,
})
