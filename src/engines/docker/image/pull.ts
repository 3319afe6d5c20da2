import type { IncomingMessage } from 'node:http'
import { CookietinError, cancelledError } from '../../../errors.ts'
import type { ImageName } from '../../../task/image-name.ts'
import { secretsOfAuth } from '../../../task/secrets/secrets.ts'
import type { RegistryAuth } from '../../../task/task.ts'
import { onAbort } from '../../../utils/abort.ts'
import type { Api } from '../connection/api.ts'
import { connectionError, replyOf } from '../connection/errors.ts'
import { jsonLines } from '../connection/json-lines.ts'
import { imagePath } from '../connection/paths.ts'
import type { LayerRecord } from './layers.ts'
import { pullError } from './pull-error.ts'

/** One transfer of an image from its registry to the engine. */
export interface Pull {
  /** The reference, for messages and for the check at the end. */
  readonly image: string
  readonly name: ImageName
  readonly auth: RegistryAuth | undefined
  readonly platform?: string | undefined
  /** Time limit of the transfer, in ms. */
  readonly timeout: number
  /** Time limit without progress, in ms. */
  readonly idleTimeout: number
  /** Time limit of the check at the end, in ms. */
  readonly engineTimeout: number
  readonly signal: AbortSignal
  /** Called with each line of the transfer. */
  readonly onRecord: (record: LayerRecord) => void
}

/**
 * Pulls an image. The engine reports errors inside a stream that began with status 200 and ends like a good one. So
 * each record is checked, and the image is looked up at the end. Two deadlines end a pull from a registry that hangs,
 * which the engine would retry for ever.
 */
export async function pullImage(api: Api, pull: Pull): Promise<void> {
  const { image, signal } = pull
  const giveUp = new AbortController()
  let reason: CookietinError | undefined
  const stop = (error: CookietinError) => {
    reason ??= error
    giveUp.abort()
  }
  const release = onAbort(signal, () => stop(cancelledError(`pull image ${image}`, signal.reason)))
  const total = setTimeout(() => stop(tooSlow(image, 'is not done by its deadline')), pull.timeout)
  const idle = setTimeout(
    () => stop(tooSlow(image, `has made no progress for ${pull.idleTimeout} ms`)),
    pull.idleTimeout,
  )
  try {
    await transfer(api, pull, giveUp.signal, record => {
      // The engine's countdown to its next attempt is not progress.
      if (!String(record.status).startsWith('Retrying in')) idle.refresh()
      pull.onRecord(record)
    })
  } catch (error) {
    throw reason ?? error
  } finally {
    clearTimeout(total)
    clearTimeout(idle)
    release()
  }
  if (await hasImage(api, image, pull.engineTimeout, pull.platform)) return
  throw new CookietinError(
    'ERR_COOKIETIN_PULL_FAILED',
    `Could not pull image ${image}: the engine reported no error, but does not have it. Try again`,
    { retryable: true },
  )
}

/** Resolves with true when the engine has an image of this reference, for this platform. */
export async function hasImage(api: Api, image: string, deadline: number, platform?: string): Promise<boolean> {
  try {
    const { body } = await api.request({
      doing: `look for image ${image}`,
      method: 'GET',
      path: imagePath(image, '/json'),
      deadline,
    })
    return platform === undefined || isFor(platform, body)
  } catch (error) {
    if (replyOf(error)?.status === 404) return false
    throw error
  }
}

/** Many images for ARM do not say their variant. */
function isFor(platform: string, body: unknown): boolean {
  const { Os, Architecture, Variant } = (body ?? {}) as Readonly<Record<string, unknown>>
  const [os, architecture, variant] = platform.split('/')
  return os === Os && architecture === Architecture && (!variant || !Variant || variant === Variant)
}

async function transfer(
  api: Api,
  pull: Pull,
  signal: AbortSignal,
  onRecord: (record: LayerRecord) => void,
): Promise<void> {
  const { image, name, auth, platform } = pull
  const secrets = secretsOfAuth(auth)
  let stream: IncomingMessage
  try {
    stream = await api.stream({
      doing: `pull image ${image}`,
      method: 'POST',
      path: '/images/create',
      query: {
        fromImage: name.registry === '' ? name.repository : `${name.registry}/${name.repository}`,
        tag: name.digest ?? name.tag,
        ...(platform !== undefined && { platform }),
      },
      headers: auth === undefined ? {} : { 'X-Registry-Auth': authHeader(auth) },
      // The headers come with the registry's first reply.
      deadline: undefined,
      signal,
      secrets,
    })
  } catch (error) {
    const reply = replyOf(error)
    throw reply === undefined ? error : pullError(reply.said, { image, secrets, cause: reply })
  }
  const release = onAbort(signal, () => stream.destroy())
  try {
    await readProgress(stream, { image, secrets, onRecord })
  } finally {
    release()
    stream.destroy()
  }
}

interface ProgressRecord extends LayerRecord {
  readonly error?: unknown
  readonly errorDetail?: { readonly message?: unknown }
}

async function readProgress(
  stream: IncomingMessage,
  {
    image,
    secrets,
    onRecord,
  }: {
    readonly image: string
    readonly secrets: readonly string[]
    readonly onRecord: (record: LayerRecord) => void
  },
): Promise<void> {
  try {
    for await (const record of jsonLines(stream) as AsyncIterable<ProgressRecord>) {
      onRecord(record)
      const text = record.errorDetail?.message ?? record.error
      if (text !== undefined) throw pullError(String(text), { image, secrets })
    }
  } catch (error) {
    throw connectionError(error, `pull image ${image}`, true)
  }
}

function authHeader(auth: RegistryAuth): string {
  const { username, password, identityToken, registryToken, serverAddress } = auth
  const fields = {
    username,
    password,
    identitytoken: identityToken,
    registrytoken: registryToken,
    serveraddress: serverAddress,
  }
  // With padding: the engine treats an unpadded header as missing credentials and reports no error.
  return Buffer.from(JSON.stringify(fields)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

function tooSlow(image: string, what: string): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_PULL_TIMEOUT',
    `Could not pull image ${image}: it ${what}. The registry may hang; try again, or raise pullTimeout and pullIdleTimeout`,
    { retryable: true },
  )
}
