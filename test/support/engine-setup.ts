import { engineAnswers } from './engine-answers.ts'
import { install, missingPackages } from './engine-install.ts'
import { mayStartEngine, startPrivateEngine } from './private-engine.ts'

const defaultHost = 'unix:///var/run/docker.sock'

/**
 * Vitest calls this before the tests that need a Docker Engine: one that answers is used, else a private one is brought up
 * for as long as the tests run.
 */
export default async function setUpEngine(): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['DOCKER_HOST']
  if (await answers(given || defaultHost)) return undefined
  const missing = missingPackages()
  if (missing.length > 0 || !mayStartEngine()) {
    install(missing)
    // The package's own service may have come up with it.
    if (await answers(defaultHost)) return undefined
  }
  const engine = await startPrivateEngine()
  console.log(`No Docker Engine answers at ${given || defaultHost}: the tests use a private one at ${engine.host}`)
  process.env['DOCKER_HOST'] = engine.host
  process.env['COOKIETIN_TEST_ENGINE_PID'] = String(engine.pid)
  return () => engine.stop()
}

async function answers(host: string): Promise<boolean> {
  if (!/^(unix|tcp):/.test(host))
    throw new Error(`The tests cannot use DOCKER_HOST=${host}: give a unix:// or tcp:// one`)
  if (!(await engineAnswers(host))) return false
  process.env['DOCKER_HOST'] = host
  return true
}
