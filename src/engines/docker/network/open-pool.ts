import { randomBytes } from 'node:crypto'
import { InvalidInputError } from '../../../errors.ts'
import { resolveTask } from '../../../task/resolve-task.ts'
import type { ResolvedTask } from '../../../task/task.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'
import { pauseImage, type ResolvedDockerConfig } from '../config/config.ts'
import { DockerContainer } from '../container/container.ts'
import type { Room } from '../engine-context.ts'
import type { MovedListener } from '../transitions.ts'
import { PauseImage } from './pause-image.ts'
import { pauseProgram } from './pause-program.ts'
import { PreforkPool } from './pool.ts'

/** Nobody's id on any ordinary host: what holds a namespace needs no rights. */
const user = '65532:65532'
const pids = 16
const endless = ['tail', '-f', '/dev/null']

/** Checks what the pool's own image needs, before anything is made. */
export function checkPool({ preForkPoolSize, preForkImage }: ResolvedDockerConfig, architecture: string): void {
  if (preForkPoolSize === 0 || preForkImage !== pauseImage || pauseProgram(architecture) !== undefined) return
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [
    {
      field: 'preForkImage',
      value: `'${preForkImage}'`,
      allowed: `an image such as 'busybox': there is no such program for the engine's architecture, ${architecture}`,
    },
  ])
}

/** Makes the pool that the config asks for; its namespaces are made in the background. Undefined where it asks for none. */
export function openPool(
  room: Omit<Room, 'networks'>,
  architecture: string,
  moved: MovedListener,
  inspect?: Inspect,
): PreforkPool | undefined {
  const { api, config } = room
  const { preForkPoolSize: size, preForkImage: image, preForkNetworks, preForkUseOnce, preForkMaxUses } = config
  if (size === 0) return undefined
  const program = image === pauseImage ? pauseProgram(architecture) : undefined
  const ownImage = program && new PauseImage(api, program, config.engineTimeout)
  const networks = preForkNetworks.length > 0 ? preForkNetworks : ['']
  const holders = Array.from({ length: size }, (_, index) => {
    const network = networks[index % networks.length] ?? ''
    let made = 0
    const berth = { lease: () => (network === '' ? undefined : { network, release() {} }) }
    return {
      id: `namespace-${index}`,
      networkless: network === 'none',
      maxUses: preForkUseOnce ? 1 : preForkMaxUses || Number.POSITIVE_INFINITY,
      rest: config.preForkRest,
      moved,
      inspect,
      container: async () => {
        await ownImage?.ensure()
        made++
        return new DockerContainer({ ...room, networks: berth }, taskOf(config, `namespace-${index}-${made}`))
      },
    }
  })
  return new PreforkPool(holders, async () => await ownImage?.remove())
}

function taskOf({ preForkImage: image, preForkCmd }: ResolvedDockerConfig, name: string): ResolvedTask {
  const own = image === pauseImage
  const command = preForkCmd.length > 0 ? preForkCmd : own ? undefined : endless
  // A registry may have an image of that name, but it is not ours.
  return resolveTask({
    id: `${name}-${randomBytes(3).toString('hex')}`,
    image,
    command,
    user,
    pids,
    pull: own ? 'never' : 'missing',
  })
}
