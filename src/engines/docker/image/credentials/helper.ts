import { type ExecFileException, execFile } from 'node:child_process'
import { CookietinError, cancelledError } from '../../../../errors.ts'
import type { RegistryAuth } from '../../../../task/task.ts'
import type { Env } from '../../config/config.ts'

/** One question to a credential helper. */
export interface HelperCall {
  /** The program is `docker-credential-<name>`. */
  readonly name: string
  readonly server: string
  /** The act for messages, as a phrase that follows "could not". */
  readonly doing: string
  /** ms. */
  readonly deadline: number
  readonly signal: AbortSignal
  /** Where its program is looked for, and what it sees. */
  readonly env: Env
}

/** No answer is longer. Bytes. */
const answerLimit = 1024 * 1024

/** Asks a credential helper, a program that Docker's config names; undefined when it knows nothing of the server. It is run without a shell. */
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
  if (!/^[\w.-]+$/.test(name)) throw failed('has no name that a program can have')
  const answer = await new Promise<{ error: ExecFileException | null; stdout: string }>(resolve => {
    const child = execFile(
      `docker-credential-${name}`,
      ['get'],
      { timeout: deadline, killSignal: 'SIGKILL', maxBuffer: answerLimit, signal, env },
      (error, stdout) => resolve({ error, stdout }),
    )
    // It may end without reading.
    child.stdin?.on('error', () => {})
    child.stdin?.end(server)
  })
  // Its output is in no message: it may hold the secret.
  const { error, stdout } = answer
  if (signal.aborted) throw cancelledError(doing, signal.reason)
  if (error !== null) {
    if (/credentials not found/i.test(stdout)) return undefined
    if (error.code === 'ENOENT') throw failed('is not installed')
    throw failed(error.killed ? `gave nothing within ${deadline} ms` : 'failed')
  }
  return parse(stdout, server) ?? Promise.reject(failed('gave no credentials that could be read'))
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
