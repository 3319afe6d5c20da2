import { randomBytes } from 'node:crypto'
import { InvalidInputError } from '../../../errors.ts'
import { resolveTask } from '../../../task/resolve-task.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'
import { pauseImage, type ResolvedDockerConfig } from '../config/config.ts'
import { DockerContainer } from '../container/container.ts'
import { untrustedUser } from '../create-options/hardened.ts'
import type { EngineContext } from '../engine-context.ts'
import { PauseImage } from './pause-image.ts'
import { pauseProgram } from './pause-program.ts'
import { PreforkPool } from './pool.ts'

const pids = 16
const endlessCommand = ['tail', '-f', '/dev/null']

/** Checks that the pool's own image exists for the engine's architecture, before anything is created. */
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

/** The options of {@link openPool}. */
export interface PoolOptions {
  /** The engine's CPU architecture. */
  readonly architecture: string
  readonly inspect: Inspect | undefined
}

/** Opens the prefork pool of the config, which fills in the background. Returns undefined when its size is 0. */
export function openPool(context: EngineContext, { architecture, inspect }: PoolOptions): PreforkPool | undefined {
  const { api, config, onTransition } = context
  const { preForkPoolSize: size, preForkImage: image, preForkNetworks, preForkUseOnce, preForkMaxUses } = config
  if (size === 0) return undefined
  const program = image === pauseImage ? pauseProgram(architecture) : undefined
  const ownImage = program && new PauseImage(api, program, config.engineTimeout)
  const holders = Array.from({ length: size }, (_, index) => {
    const id = `namespace-${index}`
    const fixed = preForkNetworks[index % preForkNetworks.length]
    let made = 0
    return {
      id,
      networkless: fixed === undefined ? undefined : fixed === 'none',
      maxUses: preForkUseOnce ? 1 : preForkMaxUses || Number.POSITIVE_INFINITY,
      rest: config.preForkRest,
      onTransition,
      inspect,
      container: async (networkless: boolean) => {
        await ownImage?.ensure()
        made++
        const network = fixed ?? (networkless ? 'none' : undefined)
        const source = { lease: () => (network === undefined ? undefined : { network, release() {} }) }
        const task = holderTask(config, `${id}-${made}`)
        return new DockerContainer(context, task, { networks: source, held: 'namespace' })
      },
    }
  })
  return new PreforkPool(holders, async () => await ownImage?.remove())
}

function holderTask({ preForkImage: image, preForkCmd }: ResolvedDockerConfig, name: string): ResolvedTask {
  const isOwnImage = image === pauseImage
  const defaultCommand = isOwnImage ? undefined : endlessCommand
  return resolveTask({
    id: `${name}-${randomBytes(3).toString('hex')}`,
    image,
    command: preForkCmd.length > 0 ? preForkCmd : defaultCommand,
    user: untrustedUser,
    pids,
    // A registry's image with the name of the pool's own image is a different one.
    pull: isOwnImage ? 'never' : 'missing',
  })
}
