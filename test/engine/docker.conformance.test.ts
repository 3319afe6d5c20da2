import { beforeAll } from 'vitest'
import type { ConformanceCommands } from '../../src/engines/conformance/commands.ts'
import { resolveDockerConfig } from '../../src/engines/docker/config/config.ts'
import type { DockerConfig } from '../../src/engines/docker/config/docker-config.ts'
import { createDockerEngine } from '../../src/engines/docker/engine.ts'
import type { ContainerTask } from '../../src/task/task.ts'
import { localCommands } from '../support/engine/local-commands.ts'
import { ensureTestImage, testImage } from '../support/images/images.ts'
import { conformance } from './conformance.ts'

const inContainer = (task: ContainerTask): ContainerTask => ({
  ...task,
  image: testImage,
  disableNet: true,
  pull: 'never',
})

const { exit, ...named } = localCommands
const commands: ConformanceCommands = {
  exit: code => inContainer(exit(code)),
  ...(Object.fromEntries(Object.entries(named).map(([name, task]) => [name, inContainer(task)])) as typeof named),
}

beforeAll(async () => {
  await ensureTestImage()
})

const variants = {
  docker: {},
  'docker (no init)': { enableTini: false },
  "docker (frozen by the control group's file)": { freezer: 'cgroup' },
} satisfies Record<string, DockerConfig>

for (const [name, variant] of Object.entries(variants)) {
  const config = resolveDockerConfig({ outputTimeout: 500, ...variant }, process.env)
  conformance(name, {
    engine: () => createDockerEngine(config),
    commands,
  })
}
