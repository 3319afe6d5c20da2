import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { engineBinaries, isInstalled, mayStartEngine } from './private-engine.ts'

/** What the tests call, and the Debian package that has it. */
const tools: Readonly<Record<string, string>> = {
  ...Object.fromEntries(engineBinaries.map(binary => [binary, 'docker.io'])),
  unshare: 'util-linux',
  ip: 'iproute2',
  busybox: 'busybox-static',
  openssl: 'openssl',
  'docker-registry': 'docker-registry',
  htpasswd: 'apache2-utils',
}

/** What has to be installed before a private engine can start and the tests can use it. */
export function missingPackages(): string[] {
  const missing = Object.entries(tools).filter(([binary]) => !isInstalled(binary))
  return [...new Set(missing.map(([, debianPackage]) => debianPackage))]
}

/** Installs Debian packages; throws, saying what to do by hand, where it cannot. */
export function install(packages: readonly string[]): void {
  const byHand = `install a Docker Engine and start it (https://docs.docker.com/engine/install/), or give DOCKER_HOST`
  if (!mayStartEngine() || !isInstalled('apt-get') || !isDebian()) {
    throw new Error(
      `The tests need a Docker Engine, none answers, and bringing one up takes root on Debian or Ubuntu with ` +
        `${packages.join(', ') || 'docker.io'}. Please ${byHand}.`,
    )
  }
  console.log(`No Docker Engine answers. Installing ${packages.join(', ')} with apt-get, for the tests …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const command of [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]) {
    const { status, stdout, stderr } = spawnSync('apt-get', ['--quiet', ...command], { env, encoding: 'utf8' })
    if (status !== 0) {
      throw new Error(
        `apt-get ${command.join(' ')} failed, so the tests have no Docker Engine; ${byHand}.\n${stdout}${stderr}`,
      )
    }
  }
}

function isDebian(): boolean {
  return existsSync('/etc/os-release') && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
}
