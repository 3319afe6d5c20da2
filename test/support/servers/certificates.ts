import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Creates `ca.pem`, `cert.pem` and `key.pem` for DOCKER_CERT_PATH, for a server at 127.0.0.1 and its clients. */
export async function makeCertificates(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const openssl = (args: string) => promisify(execFile)('openssl', args.split(' '), { cwd: folder })
  await writeFile(join(folder, 'san'), 'subjectAltName=IP:127.0.0.1\n')
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  await openssl(`req -x509 ${key} -keyout ca-key.pem -out ca.pem -days 2 -subj /CN=test-ca`)
  await openssl(`req ${key} -keyout key.pem -out request.pem -subj /CN=127.0.0.1`)
  await openssl(
    'x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out cert.pem -days 2 -extfile san',
  )
}
