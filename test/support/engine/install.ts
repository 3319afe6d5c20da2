import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isInstalled, mayStartEngine } from './private.ts'

/** The programs of a private engine, and their Debian packages. */
const engineParts: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  containerd: 'docker.io',
  runc: 'docker.io',
  unshare: 'util-linux',
  ip: 'iproute2',
}

/** The programs that the tests and examples run, and their Debian packages. */
const testTools: Readonly<Record<string, string>> = {
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
  busybox: 'busybox-static',
  cc: 'gcc libc6-dev',
  'docker-registry': 'docker-registry',
  fish: 'fish',
  htpasswd: 'apache2-utils',
  openssl: 'openssl',
  ps: 'procps',
  'redis-server': 'redis-server',
  'qemu-aarch64-static': 'qemu-user-static',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  zsh: 'zsh',
}

/** Returns the missing packages, with or without those of an engine. */
export function missingPackages({ engine }: { readonly engine: boolean }): string[] {
  const wanted = Object.entries({ ...testTools, ...(engine ? engineParts : {}) })
  return [...new Set(wanted.filter(([binary]) => !isInstalled(binary)).flatMap(([, packages]) => packages.split(' ')))]
}

/** Installs whatever any test needs, at once: two runs of the tests must not install at the same time. */
export function installAll(): void {
  if (!canInstall()) return
  const missing = missingPackages({ engine: true })
  if (!existsSync('/usr/bin/chromium')) missing.push('chromium')
  const hasPostgres = isInstalled('initdb') || globSync('/usr/lib/postgresql/*/bin/initdb').length > 0
  if (!hasPostgres && !process.env.COOKIETIN_TEST_POSTGRES) missing.push('postgresql')
  if (missing.length > 0) install(missing)
}

/** True if {@link install} can work on this machine. */
export const canInstall = () => mayStartEngine() && isInstalled('apt-get') && isDebian()

/** Installs Debian packages without starting their services. */
export function install(packages: readonly string[]): void {
  console.log(`The tests need ${packages.join(', ')}: installing with apt-get …`)
  const allow = keepServicesDown()
  try {
    aptGet('update')
    aptGet('install', '--yes', '--no-install-recommends', ...packages)
  } finally {
    allow()
  }
}

function aptGet(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr } = spawnSync('apt-get', ['--quiet', ...args], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${stdout}${stderr}`)
}

const policy = '/usr/sbin/policy-rc.d'

/** Forbids the start of services by Debian's policy file. Returns a function that removes it. */
function keepServicesDown(): () => void {
  if (existsSync(policy)) return () => {}
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  return () => rmSync(policy)
}

function isDebian(): boolean {
  return existsSync('/etc/os-release') && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
}
