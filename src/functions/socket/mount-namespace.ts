import { readText } from '../../utils/read-text.ts'

/**
 * Returns true when this process sees the mounts of the machine's first process, and false in a mount namespace of its own, as systemd
 * gives one to a service. What is mounted there is not seen by an engine outside of it.
 *
 * Compares the ids of the root mounts: each namespace has its own, and they can be read without rights over the other process.
 */
export function seesMachineMounts(): boolean {
  const own = rootMounts('self')
  return own !== '' && own === rootMounts('1')
}

function rootMounts(process: string): string {
  const mounts = readText(`/proc/${process}/mountinfo`)?.split('\n') ?? []
  // The fields are: id, parent's id, device, root, mount point.
  return mounts.flatMap(line => (line.split(' ')[4] === '/' ? [line.split(' ')[0]] : [])).join()
}
