import { defineConfig } from 'vitest/config'

/**
 * The limits of the tests without an engine or a browser. They only end what hangs: a busy machine takes several times
 * as long as an idle one, where the slowest of these tests takes 3 s.
 */
const limits = { testTimeout: 20_000, hookTimeout: 60_000, expect: { poll: { timeout: 10_000 } } }

/** The limits of the tests that start an engine, a database, a browser or other processes. */
const slowLimits = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } }

/** Files that share an engine run one after the other: the engine starts containers one by one anyway. */
const onAnEngine = {
  ...slowLimits,
  fileParallelism: false,
  globalSetup: 'test/support/engine/global-setup.ts',
}

/** Tests on an engine that `npm test` runs beside the others. */
const functions = 'test/engine/functions/**/*.test.ts'

export default defineConfig({
  test: {
    coverage: { include: ['src/**', 'machines/**'], exclude: ['**/*.d.ts'] },
    projects: [
      { test: { ...limits, name: 'unit', include: ['test/unit/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      { test: { ...limits, name: 'machines', include: ['test/machines/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      {
        test: {
          ...slowLimits,
          name: 'database',
          include: ['test/database/**/*.test.ts'],
          globalSetup: 'test/support/postgres/global-setup.ts',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...slowLimits,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          fileParallelism: false,
          globalSetup: 'test/support/redis/global-setup.ts',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...slowLimits,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: 'test/support/browser/global-setup.ts',
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...onAnEngine,
          name: 'engine',
          include: ['test/engine/**/*.test.ts'],
          exclude: [functions],
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...onAnEngine, name: 'functions', include: [functions], sequence: { groupOrder: 2 } } },
      { test: { ...onAnEngine, name: 'cli', include: ['test/cli/**/*.test.ts'], sequence: { groupOrder: 3 } } },
    ],
  },
})
