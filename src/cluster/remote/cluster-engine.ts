import type { Engine, EngineContainer } from '../../engines/engine.ts'
import type { RemoteFunction, RemoteFunctionSpec } from '../../engines/remote-functions.ts'
import type { CookietinError } from '../../errors.ts'
import { isReadOnce } from '../../task/input.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import type { ResolvedRetry } from '../../task/retry/types.ts'
import type { ClusterClient } from './cluster-client.ts'
import { ClusterFunction } from './cluster-function.ts'
import { RemoteContainer } from './remote-container.ts'

/** An engine whose containers are on the hosts of a cluster. */
export class ClusterEngine implements Engine {
  readonly name = 'cluster'
  readonly client: ClusterClient
  readonly #onHostLoss: 'fail' | 'rerun'

  constructor(client: ClusterClient, onHostLoss: 'fail' | 'rerun') {
    this.client = client
    this.#onHostLoss = onHostLoss
  }

  container(task: ResolvedTask): EngineContainer {
    return new RemoteContainer(this.client, task)
  }

  openFunction(spec: RemoteFunctionSpec): RemoteFunction {
    return new ClusterFunction(this.client, spec, this.#onHostLoss === 'rerun')
  }

  /** A run whose input can be read again is run again where its host was lost. */
  retryOf({ input, files }: ResolvedTask): ResolvedRetry | undefined {
    if (this.#onHostLoss === 'fail' || isReadOnce(input) || files.some(({ content }) => isReadOnce(content)))
      return undefined
    return { attempts: 3, delay: 0, maxDelay: 0, when: isHostLost }
  }

  async close(): Promise<void> {
    await this.client.close()
  }
}

const isHostLost = ({ error }: { readonly error: CookietinError }) => error.code === 'ERR_COOKIETIN_HOST_LOST'
