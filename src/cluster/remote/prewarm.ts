import type { WireFunction } from '../wire/function.ts'
import { CallAttempt } from './call-attempt.ts'
import type { ClusterClient } from './cluster-client.ts'
import { rank } from './hosts.ts'

/** How many containers of a function to start. */
export interface Prewarming {
  readonly key: string
  readonly wire: WireFunction
  readonly count: number
}

/** Starts containers of a function where its calls will go. Resolves when they listen, or all hosts are full of them. */
export async function prewarm(client: ClusterClient, { key, wire, count }: Prewarming): Promise<void> {
  const { signal } = new AbortController()
  const place = await client.hosts.pick(key, new Set(), signal)
  place?.release()
  let left = count
  for (const host of rank(client.hosts.all, key)) {
    if (left <= 0) return
    const share = Math.min(left, host.capacity)
    left -= share
    const run = client.newRun(`prewarm.${key.slice(0, 8)}`)
    const message = { type: 'prewarm', id: run, key, wire, count: share }
    await new CallAttempt({ client, host, run, message }).first
  }
}
