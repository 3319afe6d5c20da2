import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../../errors.ts'
import type { ContainerTask, TmpfsSize, Ulimit, Volume, VolumeMode } from '../../task/task.ts'
import { UsageError } from '../usage-error.ts'

const modes: readonly string[] = ['ro', 'rw', 'z', 'Z', 'ro,z', 'ro,Z', 'rw,z', 'rw,Z'] satisfies VolumeMode[]

/** Reads `HOST:CONTAINER[:MODE]`, or `NAME:CONTAINER[:ro]` for a volume of the engine. A relative path of the host is resolved. */
export function readVolume(option: string, text: string): Volume {
  const [host, container, mode = 'rw', ...more] = text.split(':')
  if (!host || !container || more.length > 0 || !modes.includes(mode)) {
    throw new UsageError(
      `${option}: "${text}" is not HOST:CONTAINER or VOLUME:CONTAINER, with one of :${modes.join(' :')}`,
    )
  }
  if (/^[./]/.test(host)) return [resolve(host), container, mode as VolumeMode]
  if (/z/i.test(mode)) throw new UsageError(`${option}: "${text}": z and Z are for folders of the host`)
  return { volume: host, target: container, readOnly: mode === 'ro' }
}

/** Reads `NAME=SOFT[:HARD]`. */
export function readUlimit(text: string): [name: string, value: Ulimit] {
  const [, name, soft, hard = soft] = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text) ?? []
  if (name === undefined || soft === undefined) {
    throw new UsageError(`--ulimit: "${text}" is not NAME=SOFT[:HARD], such as nofile=1024`)
  }
  return [name, soft === hard ? Number(soft) : { soft: Number(soft), hard: Number(hard) }]
}

/** Reads `HOST:ADDRESS` or `HOST=ADDRESS`. */
export function readHost(text: string): [name: string, address: string] {
  const [, name, address] = /^([^:=]+)[:=](.+)$/.exec(text) ?? []
  if (name === undefined || address === undefined) throw new UsageError(`--add-host: "${text}" is not HOST:ADDRESS`)
  return [name, address.replace(/^\[(.*)\]$/, '$1')]
}

/** Reads `NAME=value` of `--label`, and the lines of the files of `--label-file`. */
export function readLabels(files: readonly string[], labels: readonly string[]): Record<string, string> {
  const lines = files.flatMap(file => {
    try {
      return readFileSync(file, 'utf8').split(/\r?\n/)
    } catch (error) {
      throw new UsageError(`--label-file: cannot read ${file}: ${messageOf(error)}`)
    }
  })
  const given = [...lines.map(line => line.trimStart()).filter(line => line !== '' && !line.startsWith('#')), ...labels]
  return Object.fromEntries(
    given.map(label => {
      const at = label.indexOf('=')
      return at === -1 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)]
    }),
  )
}

/** Reads `PATH[:size=SIZE,mode=MODE,exec]`. */
export function readTmpfs(text: string): [path: string, size: TmpfsSize] {
  const [path = '', options = '', ...more] = text.split(':')
  const parts: { size: string | number; mode?: number; exec?: boolean } = { size: 0 }
  for (const option of more.length > 0 ? ['?'] : options.split(',').filter(word => word !== '')) {
    const [, size] = /^size=(.+)$/.exec(option) ?? []
    const [, mode] = /^mode=([0-7]+)$/.exec(option) ?? []
    if (size !== undefined) parts.size = size
    else if (mode !== undefined) parts.mode = Number.parseInt(mode, 8)
    else if (option === 'exec' || option === 'noexec') parts.exec = option === 'exec'
    else if (!['rw', 'nosuid', 'nodev'].includes(option)) {
      throw new UsageError(
        `--tmpfs: "${text}" is not PATH[:OPTIONS] with some of size=, mode=, exec, noexec, rw, nosuid, nodev`,
      )
    }
  }
  return [path, parts]
}

/** Reads a number of GPUs, or `all`. */
export function readGpus(text: string): NonNullable<ContainerTask['gpus']> {
  if (text === 'all') return 'all'
  if (!/^\d+$/.test(text))
    throw new UsageError(`--gpus: "${text}" is neither all nor a number; which ones is the driver's choice`)
  return Number(text)
}
