// Runs a command with DOCKER_HOST at a Docker Engine that answers: node scripts/with-engine.ts COMMAND [ARGUMENT…]
// If none does, it starts a private one for as long as the command runs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import setUpEngine from '../test/support/engine/global-setup.ts'

const [command, ...args] = process.argv.slice(2)
if (command === undefined) throw new Error('Usage: node scripts/with-engine.ts COMMAND [ARGUMENT…]')

const tearDown = await setUpEngine()
try {
  const [code] = (await once(spawn(command, args, { stdio: 'inherit' }), 'close')) as [number | null]
  process.exitCode = code ?? 1
} finally {
  await tearDown?.()
}
