import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canInstall, install } from '../engine/install.ts'

const script = fileURLToPath(new URL('private.sh', import.meta.url))

/**
 * Vitest calls this before the tests that need PostgreSQL. They use the database that `COOKIETIN_TEST_POSTGRES` names,
 * or a private one that runs as long as the tests.
 *
 * @throws Error where PostgreSQL is missing and cannot be installed.
 */
export default async function setUpPostgres(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.COOKIETIN_TEST_POSTGRES) return undefined
  if (binaries() === undefined && canInstall()) install(['postgresql'])
  const bin = binaries()
  if (bin === undefined) {
    throw new Error(
      'The tests of histories need PostgreSQL. Install it, name a database in COOKIETIN_TEST_POSTGRES, or run the tests as root on Debian or Ubuntu, where it is installed for you.',
    )
  }
  return await startPostgres(bin)
}

async function startPostgres(bin: string): Promise<() => Promise<void>> {
  const folder = mkdtempSync('/tmp/ct-')
  // PostgreSQL does not run as root.
  const user = process.getuid?.() === 0 ? someoneElse() : undefined
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const child = spawn('sh', [script, folder, bin], { ...user, cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const [word] = await Promise.race([once(child.stdout, 'data'), ended])
  if (!String(word).startsWith('ready')) throw new Error(`PostgreSQL of ${bin} did not start`)
  process.env.COOKIETIN_TEST_POSTGRES = `postgres://postgres@${encodeURIComponent(folder)}/postgres`
  return async () => {
    child.stdin.end()
    await ended
    delete process.env.COOKIETIN_TEST_POSTGRES
  }
}

/** Finds PostgreSQL's binaries. Debian keeps them in a folder for each version. */
function binaries(): string | undefined {
  const debian = globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => versionIn(b) - versionIn(a))
  const found = spawnSync('sh', ['-c', 'command -v initdb'], { encoding: 'utf8' }).stdout.trim()
  return [...debian, ...(found === '' ? [] : [dirname(found)])].find(folder => existsSync(`${folder}/initdb`))
}

const versionIn = (folder: string) => Number(/\d+/.exec(folder)?.[0] ?? 0)

function someoneElse(): { uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    const [, uid, gid] =
      new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(readFileSync('/etc/passwd', 'utf8')) ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('this machine has no user postgres or nobody')
}
