import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isInstalled, mayStartEngine } from './private.ts'

/** What a private engine is made of, and the Debian package that has it. */
const engineParts: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  containerd: 'docker.io',
  runc: 'docker.io',
  unshare: 'util-linux',
  ip: 'iproute2',
}

/** What the tests and the examples call, and the Debian packages that have it. */
const testTools: Readonly<Record<string, string>> = {
  busybox: 'busybox-static',
  cc: 'gcc libc6-dev',
  'docker-registry': 'docker-registry',
  htpasswd: 'apache2-utils',
  openssl: 'openssl',
  ps: 'procps',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
}

/** The packages that are missing, with or without those of an engine. */
export function missingPackages({ engine }: { readonly engine: boolean }): string[] {
  const wanted = Object.entries({ ...testTools, ...(engine ? engineParts : {}) })
  return [...new Set(wanted.filter(([binary]) => !isInstalled(binary)).flatMap(([, packages]) => packages.split(' ')))]
}

/** True where {@link install} can work. */
export const canInstall = () => mayStartEngine() && isInstalled('apt-get') && isDebian()

/** Installs Debian packages, without starting the services that they bring. */
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

/** Debian's way to say that no service may be started. Returns what takes it back. */
function keepServicesDown(): () => void {
  if (existsSync(policy)) return () => {}
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  return () => rmSync(policy)
}

function isDebian(): boolean {
  return existsSync('/etc/os-release') && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
}
