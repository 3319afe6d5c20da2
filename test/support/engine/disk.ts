import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { engineRequest } from './request.ts'

/** The device of the disk that holds the engine's data, such as `/dev/vda`; undefined where that is none of this machine's. */
export async function diskOfEngine(): Promise<string | undefined> {
  const info = (await engineRequest('GET', '/info')) as { DockerRootDir?: string }
  const folder = info.DockerRootDir ?? ''
  if (!existsSync(folder)) return undefined
  const { dev } = statSync(folder)
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`
  if (!existsSync(`/sys/dev/block/${number}`)) return undefined
  const device = realpathSync(`/sys/dev/block/${number}`)
  const disk = existsSync(join(device, 'partition')) ? dirname(device) : device
  const name = /^DEVNAME=(.+)$/m.exec(readFileSync(join(disk, 'uevent'), 'utf8'))?.[1] ?? basename(disk)
  return `/dev/${name}`
}
