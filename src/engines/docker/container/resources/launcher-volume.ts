import { createHash, randomBytes } from 'node:crypto'
import { isDisconnected, replyOf } from '../../connection/errors.ts'
import { untilReachable } from '../../connection/liveness.ts'
import { imagePath } from '../../connection/paths.ts'
import type { CreateOptions } from '../../create-options/create-options.ts'
import { labelsOf, volumeLabel } from '../../create-options/identity.ts'
import type { EngineContext } from '../../engine-context.ts'
import { makeImage } from '../../image/make-image.ts'
import { launcherFolder, launcherName } from '../../launcher/options.ts'
import { TrackedContainer } from '../tracked-container.ts'

/**
 * The volume that brings the launcher into containers. The engine fills it by itself: it copies what an image has at the
 * place of an empty volume, when a container of that image is created. So it works on any engine, near or far.
 */
export class LauncherVolume {
  readonly #context: EngineContext
  readonly #program: () => Promise<Buffer>
  #filling: Promise<string> | undefined
  #isFilled = false
  /** The image, while it may exist. */
  #image: string | undefined
  readonly #closing = new AbortController()

  /** `program` reads the launcher's program. */
  constructor(context: EngineContext, program: () => Promise<Buffer>) {
    this.#context = context
    this.#program = program
  }

  /** Resolves with the name of the filled volume. It is filled once, until {@link forget}. */
  ensure(): Promise<string> {
    this.#filling ??= this.#fill().then(
      name => {
        this.#isFilled = true
        return name
      },
      error => {
        this.#filling = undefined
        throw error
      },
    )
    return this.#filling
  }

  /** Call it when the launcher was not found: the volume is filled again. Somebody may have removed it. */
  forget(): void {
    if (this.#isFilled) this.#filling = undefined
    this.#isFilled = false
  }

  /** Removes the volume, unless containers of another driver use it. */
  async remove(): Promise<void> {
    this.#closing.abort()
    const name = await this.#filling?.catch(() => undefined)
    if (name !== undefined) await this.#delete(`/volumes/${name}`, `remove volume ${name}`)
    await this.#removeImage()
  }

  async #fill(): Promise<string> {
    const { api, config } = this.#context
    const content = await this.#program()
    const name = `cookietin-launcher-${createHash('sha256').update(content).digest('hex').slice(0, 16)}`
    const image = `${name}:1`
    await api.request({
      doing: `make volume ${name}`,
      method: 'POST',
      path: '/volumes/create',
      body: { Name: name, Labels: { [volumeLabel]: '1' } },
      deadline: config.engineTimeout,
    })
    this.#image = image
    const folder = launcherFolder.slice(1)
    await makeImage(api, {
      image,
      program: `${launcherFolder}/${launcherName}`,
      entries: [
        { name: `${folder}/`, type: 'directory', mode: 0o755 },
        { name: `${folder}/${launcherName}`, type: 'file', mode: 0o755, content },
      ],
      deadline: config.engineTimeout,
    })
    try {
      await this.#copy(image, name)
    } finally {
      await this.#removeImage()
    }
    return name
  }

  async #removeImage(): Promise<void> {
    const image = this.#image
    if (image !== undefined && (await this.#delete(imagePath(image), `remove image ${image}`))) this.#image = undefined
  }

  /** The engine copies the launcher into the volume while it creates the container, which is never started. */
  async #copy(image: string, volume: string): Promise<void> {
    const { instance } = this.#context
    const taskId = `launcher-${randomBytes(3).toString('hex')}`
    const options: CreateOptions = {
      Image: image,
      Env: [],
      Labels: labelsOf(instance, taskId),
      ...{
        Tty: false,
        AttachStdin: false,
        AttachStdout: false,
        AttachStderr: false,
        OpenStdin: false,
        StdinOnce: false,
      },
      HostConfig: {
        Init: false,
        CapDrop: ['ALL'],
        SecurityOpt: [],
        PidsLimit: 0,
        ReadonlyRootfs: true,
        RestartPolicy: { Name: 'no' },
        NetworkMode: 'none',
        Mounts: [{ Type: 'volume', Source: volume, Target: launcherFolder }],
      },
    }
    const container = new TrackedContainer(this.#context, {
      name: `cookietin-${instance}-${taskId}`,
      ...{ taskId, options },
      secrets: () => [],
    })
    try {
      await container.create(this.#closing.signal)
    } finally {
      // What cannot be removed now is tried again while the driver lives, as any container.
      await container.remove(() => {}).catch(() => {})
    }
  }

  /** Resolves with false while it may exist. What is left is harmless, and `cookietin gc` finds the volume. */
  async #delete(path: string, doing: string): Promise<boolean> {
    const { api, config } = this.#context
    const call = () => api.request({ doing, method: 'DELETE', path, deadline: config.engineTimeout })
    try {
      await untilReachable(this.#context, call, { signal: this.#closing.signal, mayRepeat: isDisconnected })
      return true
    } catch (error) {
      return replyOf(error)?.status === 404
    }
  }
}
