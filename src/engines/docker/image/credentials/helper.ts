import { type ExecFileException, execFile } from 'node:child_process'
import { CookietinError, cancelledError } from '../../../../errors.ts'
import type { RegistryAuth } from '../../../../task/task.ts'
import type { Env } from '../../config/config.ts'

/** One call of a credential helper. */
export interface HelperCall {
  /** The program is `docker-credential-<name>`. */
  readonly name: string
  readonly server: string
  /** The action for messages, as a phrase that follows "could not". */
  readonly doing: string
  /** Time limit in ms. */
  readonly deadline: number
  readonly signal: AbortSignal
  /** The environment of the program, also used to find it. */
  readonly env: Env
}

/** Maximum size of a helper's output, in bytes. */
const outputLimit = 1024 * 1024

/**
 * Asks a credential helper, a program that Docker's config names. It is run without a shell. Resolves with undefined
 * when it has no credentials for the server.
 *
 * @throws CookietinError `ERR_COOKIETIN_IMAGE_AUTH` when the helper fails.
 */
export async function askHelper({
  name,
  server,
  doing,
  deadline,
  signal,
  env,
}: HelperCall): Promise<RegistryAuth | undefined> {
  const failed = (what: string) =>
    new CookietinError(
      'ERR_COOKIETIN_IMAGE_AUTH',
      `Could not ${doing}: the credential helper docker-credential-${name}, which Docker's config names, ${what}`,
    )
  if (!/^[\w.-]+$/.test(name)) throw failed('is not a valid program name')
  const answer = await new Promise<{ error: ExecFileException | null; stdout: string }>(resolve => {
    const child = execFile(
      `docker-credential-${name}`,
      ['get'],
      { timeout: deadline, killSignal: 'SIGKILL', maxBuffer: outputLimit, signal, env },
      (error, stdout) => resolve({ error, stdout }),
    )
    // The helper may exit without reading its input.
    child.stdin?.on('error', () => {})
    child.stdin?.end(server)
  })
  // The output never goes into a message, since it may contain the secret.
  const { error, stdout } = answer
  if (signal.aborted) throw cancelledError(doing, signal.reason)
  if (error !== null) {
    if (/credentials not found/i.test(stdout)) return undefined
    if (error.code === 'ENOENT') throw failed('is not installed')
    throw failed(error.killed ? `did not answer within ${deadline} ms` : 'failed')
  }
  return parse(stdout, server) ?? Promise.reject(failed('returned no readable credentials'))
}

function parse(stdout: string, server: string): RegistryAuth | undefined {
  try {
    const { Username, Secret } = JSON.parse(stdout) as { Username?: unknown; Secret?: unknown }
    if (typeof Username !== 'string' || typeof Secret !== 'string') return undefined
    return Username === '<token>'
      ? { identityToken: Secret, serverAddress: server }
      : { username: Username, password: Secret, serverAddress: server }
  } catch {
    return undefined
  }
}
