import { defineConfig } from 'vitest/config'

/** Files that share an engine run one after the other: the engine starts containers one by one anyway. */
const onAnEngine = {
  fileParallelism: false,
  globalSetup: 'test/support/engine/global-setup.ts',
  testTimeout: 60_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    coverage: { include: ['src/**', 'machines/**'], exclude: ['**/*.d.ts'] },
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      { test: { name: 'machines', include: ['test/machines/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      {
        test: {
          name: 'database',
          include: ['test/database/**/*.test.ts'],
          globalSetup: 'test/support/postgres/global-setup.ts',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: 'test/support/browser/global-setup.ts',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: 'engine', include: ['test/engine/**/*.test.ts'], sequence: { groupOrder: 1 }, ...onAnEngine } },
      { test: { name: 'cli', include: ['test/cli/**/*.test.ts'], sequence: { groupOrder: 2 }, ...onAnEngine } },
    ],
  },
})
