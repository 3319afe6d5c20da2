/** The names of what a cluster keeps in Redis. BullMQ keeps the queue itself below `bull:`. */
export interface ClusterKeys {
  /** The stream of packets for a process. */
  inbox(process: string): string
  /** Present while a process lives. Its value tells of a worker. */
  alive(process: string): string
  /** The set of the workers' processes. */
  readonly workers: string
}

/** The names of a queue's keys. They have no colon of the queue's own, which BullMQ does not take. */
export function keysOf(queue: string): ClusterKeys {
  const prefix = `cookietin:${queue}`
  return {
    inbox: process => `${prefix}:inbox:${process}`,
    alive: process => `${prefix}:alive:${process}`,
    workers: `${prefix}:workers`,
  }
}
