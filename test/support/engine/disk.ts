import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { engineRequest } from './request.ts'

/**
 * The device of the disk that holds the engine's data, such as `/dev/vda`.
 *
 * @throws Error where the data is not on a disk of this machine.
 */
export async function diskOfEngine(): Promise<string> {
  const info = (await engineRequest('GET', '/info')) as { DockerRootDir?: string }
  const folder = info.DockerRootDir ?? ''
  if (!existsSync(folder)) throw notOnDisk(folder)
  const { dev } = statSync(folder)
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`
  if (!existsSync(`/sys/dev/block/${number}`)) throw notOnDisk(folder)
  const device = realpathSync(`/sys/dev/block/${number}`)
  const disk = existsSync(join(device, 'partition')) ? dirname(device) : device
  const name = /^DEVNAME=(.+)$/m.exec(readFileSync(join(disk, 'uevent'), 'utf8'))?.[1] ?? basename(disk)
  return `/dev/${name}`
}

const notOnDisk = (folder: string) =>
  new Error(
    `The engine's data (${folder || 'an unknown folder'}) is not on a disk of this machine: use an engine whose data is`,
  )
