import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of this process and, where they are seen, of the engine's daemons, in ms. */
export function cpuTimes(): { readonly ours: number; readonly engine: number } {
  const { user, system } = process.cpuUsage()
  const pids = daemons()
  return { ours: (user + system) / 1e3, engine: pids.length === 0 ? Number.NaN : sum(pids.map(cpuOf)) }
}

/** The engine's process, and those that it has started and that live on: containerd, where the engine starts it. */
function daemons(): string[] {
  const engine = enginePid()
  if (engine === undefined) return []
  const children = readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && fieldsOf(pid)[1] === engine)
  return [engine, ...children]
}

function enginePid(): string | undefined {
  // A private engine of `npm run bench` has its pid file beside its socket.
  const beside = process.env.DOCKER_HOST?.match(/^unix:\/\/(\/tmp\/.*)\/d\.sock$/)?.[1]
  try {
    return readFileSync(beside === undefined ? '/var/run/docker.pid' : `${beside}/d.pid`, 'latin1').trim()
  } catch {
    return undefined
  }
}

/** A clock tick is 10 ms. */
function cpuOf(pid: string): number {
  const fields = fieldsOf(pid)
  return 10 * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0))
}

/** The fields of a process's stat after its name. The second is its parent. */
function fieldsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  } catch {
    return []
  }
}

const sum = (values: readonly number[]) => values.reduce((all, each) => all + each, 0)
