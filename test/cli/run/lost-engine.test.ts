import { expect, it } from 'vitest'
import { startCli } from '../../support/cli.ts'
import { startFakeContainerEngine } from '../../support/engine/fake-containers.ts'

it('an engine that goes away: the run, and what may be left with the reason, each once', async () => {
  await using engine = await startFakeContainerEngine()
  const run = startCli(['run', '--name', 'lost', 'busybox', 'true'], {
    input: '',
    env: { DOCKER_HOST: `unix://${engine.socketPath}`, COOKIETIN_ENGINE_TIMEOUT: '1000' },
  })
  await run.untilStdout('hi')
  const [container] = engine.containers
  await engine[Symbol.asyncDispose]()
  const { code, stderr } = await run.end
  expect(code).toBe(125)
  const [ended = '', left = '', ...more] = stderr.trim().split('\n')
  expect(ended).toMatch(/^cookietin: (The task exited with code 137: the engine went away|Lost sight of container)/)
  expect(left).toMatch(/no reply from the engine.*`cookietin gc` finds them.*\(ERR_COOKIETIN_NOT_CLEANED\)$/)
  expect(left.split(`${container} may still exist`)).toHaveLength(2)
  expect(more).toEqual([])
})
