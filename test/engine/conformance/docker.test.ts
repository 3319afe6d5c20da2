import { filter, firstValueFrom } from 'rxjs'
import { beforeAll } from 'vitest'
import type { ConformanceCommands } from '../../../src/engines/conformance/commands.ts'
import { resolveDockerConfig } from '../../../src/engines/docker/config/config.ts'
import type { DockerConfig } from '../../../src/engines/docker/config/docker-config.ts'
import { createDockerEngine } from '../../../src/engines/docker/engine.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { localCommands } from '../../support/engine/local-commands.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'
import { conformance } from './conformance.ts'

/** What every task of the suite has, and so the spare containers. */
const shared = { image: testImage, disableNet: true, pull: 'never' } as const

const inContainer = (task: ContainerTask): ContainerTask => ({ ...task, ...shared })

const { exit, ...named } = localCommands
const commands: ConformanceCommands = {
  exit: code => inContainer(exit(code)),
  ...(Object.fromEntries(Object.entries(named).map(([name, task]) => [name, inContainer(task)])) as typeof named),
}

beforeAll(async () => {
  await ensureTestImage()
})

const inits = {
  "docker (frozen by the control group's file)": { freezer: 'cgroup' },
  'docker (no init, frozen by the engine)': { enableTini: false, freezer: 'engine' },
  'docker (launcher)': { launcherInit: true },
} satisfies Record<string, DockerConfig>

for (const [name, given] of Object.entries(inits)) {
  const config = resolveDockerConfig({ outputTimeout: 500, ...given }, process.env)
  conformance(name, { engine: () => createDockerEngine(config), commands })
}

const config = resolveDockerConfig({ outputTimeout: 500, spares: [{ ...shared, size: 1 }] }, process.env)
conformance('docker (spare containers)', {
  engine: async () => {
    const engine = await createDockerEngine(config)
    await firstValueFrom(engine.spares$.pipe(filter(({ ready }) => ready === 1)))
    return engine
  },
  commands,
})
