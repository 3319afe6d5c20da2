import { afterAll, beforeAll } from 'vitest'
import { type ClusterWorker, createClusterDriver, startWorker } from '../../src/cluster/index.ts'
import type { EngineDriver } from '../../src/driver/engine-driver.ts'
import { createProcessDriver } from '../../src/index.ts'
import { conformance } from '../engine/conformance/conformance.ts'
import { localCommands } from '../support/engine/local-commands.ts'
import { type PrivateRedis, startRedis } from '../support/redis/redis.ts'

let redis: PrivateRedis
let worker: ClusterWorker

beforeAll(async () => {
  redis = await startRedis()
  worker = await startWorker({ connection: redis.path, driver: await createProcessDriver(), slots: 8 })
})
afterAll(async () => {
  await worker.close({ force: true })
  await redis[Symbol.asyncDispose]()
})

conformance('cluster', {
  engine: async () => {
    const driver = (await createClusterDriver({ connection: redis.path })) as EngineDriver
    return driver.engine
  },
  commands: localCommands,
})
