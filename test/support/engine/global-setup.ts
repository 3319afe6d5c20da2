import { engineAnswers } from './answers.ts'
import { canInstall, install, missingPackages } from './install.ts'
import { mayStartEngine, startPrivateEngine } from './private.ts'

const defaultHost = 'unix:///var/run/docker.sock'

/**
 * Vitest calls this before the tests that need a Docker Engine. They use one that answers, or a private one that runs
 * as long as the tests.
 */
export default async function setUpEngine(): Promise<(() => Promise<void>) | undefined> {
  const host = process.env.DOCKER_HOST || defaultHost
  if (!/^(unix|tcp):/.test(host)) {
    throw new Error(`The tests cannot use DOCKER_HOST=${host}: give a unix:// or tcp:// address, or none`)
  }
  const answers = await engineAnswers(host)
  const missing = missingPackages({ engine: !answers })
  if (missing.length > 0 && canInstall()) install(missing)
  else if (!answers && (missing.length > 0 || !mayStartEngine())) throw new Error(byHand(host, missing))
  else if (missing.length > 0) console.warn(`Some tests will fail without ${missing.join(', ')} (Debian's names)`)

  process.env.DOCKER_HOST = host
  if (answers) return undefined
  const engine = await startPrivateEngine()
  console.log(`No Docker Engine answers at ${host}: the tests use a private one at ${engine.host}`)
  process.env.DOCKER_HOST = engine.host
  process.env.COOKIETIN_TEST_ENGINE_PID = String(engine.pid)
  return () => engine.stop()
}

function byHand(host: string, missing: readonly string[]): string {
  const lacks = [
    ...(mayStartEngine() ? [] : ['root on Linux']),
    ...(missing.length === 0 ? [] : [`the binaries of Debian's ${missing.join(', ')}`]),
  ]
  return (
    `The tests need a Docker Engine. None answers at ${host}, and bringing up a private one lacks ${lacks.join(' and ')}. ` +
    'Start an engine (https://docs.docker.com/engine/install/), set DOCKER_HOST to one, or run the tests as root on Debian or Ubuntu, ' +
    'where missing packages are installed for you.'
  )
}
