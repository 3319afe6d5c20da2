import { expect, it } from 'vitest'
import { resolveDockerConfig } from '../../../../../src/engines/docker/config/config.ts'
import { createOptions } from '../../../../../src/engines/docker/create-options/build.ts'
import { anonymousVolumes, fileIssues } from '../../../../../src/engines/docker/create-options/file-volumes.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../../src/task/task.ts'

const optionsOf = (given: Partial<ContainerTask>) => {
  const task = resolveTask({ image: 'x', profile: 'hardened', ...given })
  const options = createOptions(task, { ...resolveDockerConfig({}, {}), hostname: undefined }, {})
  return { volumes: anonymousVolumes(options.HostConfig), issues: fileIssues(task, options).map(({ field }) => field) }
}
const text = (...paths: string[]) => Object.fromEntries(paths.map(path => [path, '']))

it.each([
  [['/app/a', '/app/b/c'], [], ['/app']],
  [['/app/b/c'], ['/app/out'], ['/app']],
  [['/work/a/x', '/work/b/y'], [], ['/work']],
  [['/usr/local/a/x', '/usr/lib/b'], [], ['/usr/lib', '/usr/local/a']],
  [['/home/me/a/x', '/home/me/b/y', '/srv/z'], [], ['/home/me', '/srv']],
  [[], ['/out'], ['/out']],
  [[], [], []],
])('the files %j and the artifacts %j of a read-only root get the volumes %j', (files, artifacts, volumes) => {
  expect(optionsOf({ files: text(...files), artifacts })).toEqual({ volumes, issues: [] })
  expect(optionsOf({ files: text(...files), artifacts, profile: 'default' })).toEqual({ volumes: [], issues: [] })
})

it('refuses what a tmpfs would hide, and a file right below a read-only root', () => {
  expect(optionsOf({ files: text('/tmp/x', '/y'), artifacts: ['/tmp/z'] }).issues).toEqual([
    'files["/tmp/x"]',
    'files["/y"]',
    'artifacts[0]',
  ])
  expect(optionsOf({ volumes: [['/srv/data', '/data']], artifacts: ['/data/out'] })).toEqual({
    volumes: [],
    issues: [],
  })
})
