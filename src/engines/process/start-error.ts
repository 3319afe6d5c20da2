import { statSync } from 'node:fs'
import type { Exit } from '../../../machines/types/cookie.ts'
import { CookietinError, lacksDescriptors, moreDescriptors } from '../../errors.ts'
import type { ProcessOptions } from './options.ts'

const notFound = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'])
const notExecutable = new Set(['EACCES', 'ENOEXEC', 'EISDIR', 'ELIBBAD', 'ETXTBSY'])

/**
 * Interprets a failed start. A command that is not found (127) or not executable (126) is an exit, as in a shell. Anything else is a
 * CookietinError, which is returned.
 */
export function exitOrError(error: unknown, { command, cwd }: ProcessOptions, cookieId: string): Exit | CookietinError {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const [program = ''] = command
  const folder = cwd === undefined ? undefined : workDirError(cwd, cookieId, error)
  if (folder !== undefined) return folder
  if (notFound.has(code))
    return { exitCode: 127, oomKilled: false, outputTruncated: false, message: `command not found: ${program}` }
  if (notExecutable.has(code)) {
    return {
      exitCode: 126,
      oomKilled: false,
      outputTruncated: false,
      message: `command not executable: ${program}: ${code}`,
    }
  }
  const doing = `Cannot start cookie ${cookieId}: running ${program} failed with ${code || String(error)}`
  if (lacksDescriptors(error)) {
    const options = { cause: error, cookieId, retryable: true }
    return new CookietinError('ERR_COOKIETIN_TOO_MANY_FILES', `${doing}${moreDescriptors}`, options)
  }
  const retryable = code === 'EAGAIN' || code === 'ENOMEM'
  const hint = retryable ? '; the machine is short of processes or memory, so run fewer tasks at once' : ''
  return new CookietinError('ERR_COOKIETIN_START_FAILED', `${doing}${hint}`, { cause: error, cookieId, retryable })
}

/** The error for a missing working directory; undefined when it exists. */
export function workDirError(cwd: string, cookieId: string, cause?: unknown): CookietinError | undefined {
  if (isDirectory(cwd)) return undefined
  return new CookietinError(
    'ERR_COOKIETIN_START_FAILED',
    `Cannot start cookie ${cookieId}: its workDir ${cwd} is not a directory of this machine; make it first, or name another`,
    { cause, cookieId },
  )
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
