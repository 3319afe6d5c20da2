import { expect, it, onTestFinished } from 'vitest'
import { cli } from '../support/cli.ts'
import { startFakeEngine } from '../support/engine/fake.ts'
import { startRedis } from '../support/redis/redis.ts'

async function doctor(connection: string, ...args: string[]) {
  await using engine = await startFakeEngine(() => ({}), { Version: '1', ApiVersion: '1.44', MinAPIVersion: '1.24' })
  return await cli(['doctor', ...args], { env: { DOCKER_HOST: engine.address, COOKIETIN_CLUSTER: connection } })
}

async function redis(...args: string[]) {
  const started = await startRedis(...args)
  onTestFinished(() => started[Symbol.asyncDispose]())
  return started.path
}

it('doctor says nothing of a cluster where none is named', async () => {
  const { code, stdout } = await doctor('')
  expect([code, stdout.includes('cluster')]).toEqual([0, false])
})

it('doctor has the advice of `cluster status` about the Redis of COOKIETIN_CLUSTER', async () => {
  const path = await redis('--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru')
  const { code, stdout } = await doctor(path)
  const status = await cli(['cluster', 'status', '--connection', path])
  const told = stdout.split('The cluster that COOKIETIN_CLUSTER names:\n')[1]
  expect(code).toBe(0)
  expect(told?.replaceAll(/^ {2}/gm, '')).toBe(status.stdout)
  expect(told).toMatch(/Redis \d+\.\S+, appendonly no, maxmemory-policy allkeys-lru\n/)
  expect(told).toMatch(/- .*Set appendonly yes\n.*Set maxmemory-policy noeviction\n/)
  const { cluster } = JSON.parse((await doctor(path, '--json')).stdout)
  expect(cluster).toMatchObject({ queue: 'cookietin', redis: { isPersistent: false, evictionPolicy: 'allkeys-lru' } })
})

it('doctor tells why a Redis does not answer, and exits with 1', async () => {
  const { code, stdout } = await doctor('redis://127.0.0.1:1')
  expect(code).toBe(1)
  expect(stdout).toMatch(/✘ {2}Cannot connect to Redis: connect ECONNREFUSED 127\.0\.0\.1:1/)
  const { cluster } = JSON.parse((await doctor('nowhere', '--json')).stdout)
  expect(cluster.error.code).toBe('ERR_COOKIETIN_INVALID_CONFIG')
})
