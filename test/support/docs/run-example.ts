// Preloaded before an example: gives it this repository's sources as the package 'cookietin'.
import { registerHooks } from 'node:module'

const sources: Readonly<Record<string, string>> = {
  cookietin: '../../../src/index.ts',
  'cookietin/cluster': '../../../src/cluster/index.ts',
  'cookietin/engine': '../../../src/driver/engine.ts',
  'cookietin/history': '../../../src/history/index.ts',
  'cookietin/inspector': '../../../src/inspector/index.ts',
  'cookietin/machines': '../../../machines/index.ts',
  'cookietin/testing': '../../../src/driver/testing.ts',
}

registerHooks({
  resolve(specifier, context, next) {
    const source = sources[specifier]
    return source === undefined ? next(specifier, context) : next(new URL(source, import.meta.url).href, context)
  },
})
