import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { descriptorError, lacksDescriptors } from '../../../errors.ts'
import type { Tls } from './client/agent.ts'

/**
 * Reads the certificates of a folder, as the docker CLI names them. Those that are not there are undefined. `refuse` gets the file that cannot be
 * read, with the reason.
 *
 * @throws CookietinError `ERR_COOKIETIN_TOO_MANY_FILES`: whether there is a certificate is not known.
 */
export function readCertificates(folder: string, refuse: (what: string) => never): Pick<Tls, 'ca' | 'cert' | 'key'> {
  const read = (name: string) => {
    const path = join(folder, name)
    try {
      return readFileSync(path)
    } catch (error) {
      if (lacksDescriptors(error)) throw descriptorError(`read ${path}`, error)
      const { code = 'it cannot be read' } = error as NodeJS.ErrnoException
      return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : refuse(`${path}: ${code}`)
    }
  }
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
}
