import { beforeAll, expect, test } from 'vitest'
import { cli, startCli } from '../../support/cli.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'

beforeAll(async () => void (await ensureTestImage()))

test('lists the runs of another process, and no container without labels', async () => {
  const { Id: stranger } = (await engineRequest('POST', '/containers/create', { Image: testImage, Cmd: ['true'] })) as {
    Id: string
  }
  const run = startCli(['run', '--id', 'ps-run', testImage, 'sh', '-c', 'echo up; exec sleep 300'])
  try {
    await run.untilStdout('up')
    const { code, stdout } = await cli(['ps'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ID +IMAGE +KIND +STATE +PID +AGE\n/)
    expect(stdout).toMatch(new RegExp(`^ps-run +${testImage} +run +running +${run.process.pid} +\\d`, 'm'))
    const listed = (await cli(['ps', '--json'])).stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { id: string; container: string })
    expect(listed.find(({ id }) => id === 'ps-run')).toMatchObject({
      image: testImage,
      kind: 'run',
      state: 'running',
      labels: {},
      pid: run.process.pid,
      owned: true,
    })
    expect(listed.map(({ container }) => container)).not.toContain(stranger)
  } finally {
    run.process.kill('SIGKILL')
    await run.end
    const killed = await cli(['ps'])
    expect(killed.stdout).toMatch(new RegExp(`^ps-run +.* +${run.process.pid} \\(dead\\) `, 'm'))
    await cli(['gc'])
    await engineRequest('DELETE', `/containers/${stranger}?force=true`)
  }
  expect((await cli(['ps'])).stdout).not.toContain('ps-run')
})

test('without an engine ends with 125', async () => {
  const { code, stdout } = await cli(['ps'], { env: { DOCKER_HOST: 'unix:///no/such.sock' } })
  expect([code, stdout]).toEqual([125, ''])
})
