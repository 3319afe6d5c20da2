import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Api } from '../connection/api.ts'
import { replyOf } from '../connection/errors.ts'
import { containerPath, imagePath } from '../connection/paths.ts'
import { labelsOf, volumeLabel } from '../create-options/identity.ts'
import { launcherFolder, launcherName } from './options.ts'

/** The options of {@link LauncherVolume}. */
export interface LauncherVolumeOptions {
  readonly api: Api
  /** Reads the launcher's program. */
  readonly program: () => Promise<Buffer>
  /** The driver's instance, for the labels of the container that fills the volume. */
  readonly instance: string
  /** Time limit of one call, in ms. */
  readonly deadline: number
}

/**
 * The volume that brings the launcher into containers. The engine fills it by itself: it copies what an image has at the
 * place of an empty volume, when a container of that image is created. So it works on any engine, near or far.
 */
export class LauncherVolume {
  readonly #options: LauncherVolumeOptions
  #making: Promise<string> | undefined

  constructor(options: LauncherVolumeOptions) {
    this.#options = options
  }

  /** Resolves with the name of the filled volume. It is filled once, until {@link forget}. */
  ensure(): Promise<string> {
    this.#making ??= this.#fill().catch(error => {
      this.#making = undefined
      throw error
    })
    return this.#making
  }

  /** Call it when the launcher was not found: the volume is filled again. Somebody may have removed it. */
  forget(): void {
    this.#making = undefined
  }

  /** Removes the volume, unless containers of another driver use it. */
  async remove(): Promise<void> {
    const name = await this.#making?.catch(() => undefined)
    if (name !== undefined) await this.#try('DELETE', `/volumes/${name}`, `remove volume ${name}`)
  }

  async #fill(): Promise<string> {
    const { api, program, instance, deadline } = this.#options
    const bytes = await program()
    const name = `cookietin-launcher-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`
    const image = `${name}:1`
    await api.request({
      doing: `make volume ${name}`,
      method: 'POST',
      path: '/volumes/create',
      body: { Name: name, Labels: { [volumeLabel]: '1' } },
      deadline,
    })
    await api.request({
      doing: `make image ${image}`,
      method: 'POST',
      path: '/images/create',
      query: { fromSrc: '-', repo: name, tag: '1', changes: `CMD ["${launcherFolder}/${launcherName}"]` },
      headers: { 'Content-Type': 'application/x-tar' },
      file: Readable.from([await archiveOf(bytes)]),
      text: true,
      deadline,
    })
    try {
      await this.#create(image, name, labelsOf(instance, name))
    } finally {
      await this.#try('DELETE', imagePath(image), `remove image ${image}`)
    }
    return name
  }

  /** The engine copies the launcher into the volume while it creates the container, which is never started. */
  async #create(image: string, volume: string, labels: Record<string, string>): Promise<void> {
    const { api, deadline } = this.#options
    const { body } = await api.request({
      doing: `fill volume ${volume}`,
      method: 'POST',
      path: '/containers/create',
      body: {
        Image: image,
        Labels: labels,
        NetworkDisabled: true,
        HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: launcherFolder }] },
      },
      deadline,
    })
    const id = String((body as { Id?: unknown } | undefined)?.Id)
    await this.#try('DELETE', `${containerPath(id)}?force=1&v=0`, `remove container ${id}`)
  }

  /** What is left is harmless, and `cookietin gc` finds the container and the volume. */
  async #try(method: 'DELETE', path: string, doing: string): Promise<void> {
    const { api, deadline } = this.#options
    await api.request({ doing, method, path, deadline }).catch(error => replyOf(error))
  }
}

/** A tar archive of the launcher in its folder. It has no time of its own, so that its digest is always the same. */
async function archiveOf(program: Buffer): Promise<Buffer> {
  const { pack } = await import('tar-stream')
  const archive = pack()
  const mtime = new Date(0)
  archive.entry({ name: `${launcherFolder.slice(1)}/`, type: 'directory', mode: 0o755, mtime })
  archive.entry({ name: `${launcherFolder.slice(1)}/${launcherName}`, mode: 0o755, mtime }, program)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
