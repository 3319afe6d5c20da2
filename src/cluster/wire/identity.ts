import type { EngineContainer } from '../../engines/engine.ts'
import { isRecord } from '../../utils/validation/issues.ts'

/** Which container of which image a host has made, for people. */
export type ContainerIdentity = Pick<EngineContainer, 'id' | 'imageDigest'>

/** What a worker tells of its container. */
export const identityOf = ({ id, imageDigest }: EngineContainer): ContainerIdentity => ({ id, imageDigest })

/** Reads what a worker has told. */
export function readIdentity(value: unknown): ContainerIdentity {
  const { id, imageDigest } = isRecord(value) ? value : {}
  return {
    id: typeof id === 'string' ? id : undefined,
    imageDigest: typeof imageDigest === 'string' ? imageDigest : undefined,
  }
}
