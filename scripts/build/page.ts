// Builds the inspector's page: `node scripts/build/page.ts [FOLDER]`. The default is the folder that the sources use.
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { compressFiles } from './compress.ts'

const root = fileURLToPath(new URL('../../src/inspector/page', import.meta.url))
const besideSources = fileURLToPath(new URL('../../.inspector-page', import.meta.url))

export async function buildPage(outDir: string = besideSources): Promise<void> {
  await build({
    root,
    base: './',
    configFile: false,
    logLevel: 'warn',
    // ELK runs in a thread of its own. It exports something that nothing there takes.
    worker: { rolldownOptions: { output: { name: 'elk' } } },
    // One flat folder: the server serves plain file names only.
    build: {
      outDir,
      emptyOutDir: true,
      assetsDir: '',
      target: 'es2023',
      modulePreload: false,
      chunkSizeWarningLimit: 2_000,
      assetsInlineLimit: 0,
      license: { fileName: 'licenses.md' },
    },
  })
  compressFiles(outDir)
}

if (import.meta.main)
  await buildPage(
    process.argv[2] === undefined ? undefined : fileURLToPath(new URL(process.argv[2], `file://${process.cwd()}/`)),
  )
