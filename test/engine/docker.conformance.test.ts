import { beforeAll } from 'vitest'
import { resolveDockerConfig } from '../../src/engines/docker/config/config.ts'
import { createDockerEngine } from '../../src/engines/docker/engine.ts'
import { ensureTestImage, testImage } from '../support/images/images.ts'
import { conformance } from './conformance.ts'

const run = (...command: string[]) => ({ image: testImage, command, disableNet: true, pull: 'never' as const })
const sh = (script: string) => run('sh', '-c', script)

beforeAll(async () => {
  await ensureTestImage()
})

for (const enableTini of [true, false]) {
  const config = resolveDockerConfig({ outputTimeout: 500, enableTini }, process.env)
  conformance(enableTini ? 'docker' : 'docker (no init)', () => createDockerEngine(config), {
    commands: {
      exit: code => sh(`exit ${code}`),
      notFound: run('no-such-program'),
      notExecutable: run('/etc/passwd'),
      echo: run('cat'),
      allBytes: sh(
        'for high in 0 1 2 3; do for mid in 0 1 2 3 4 5 6 7; do for low in 0 1 2 3 4 5 6 7; do printf "\\\\$high$mid$low"; done; done; done',
      ),
      bothStreams: sh('echo out; echo err >&2'),
      forever: sh('echo ready; exec sleep 300'),
      chatter: sh('while :; do echo x; sleep 0.01; done'),
      flood: sh('head -c 8388608 /dev/zero; exec sleep 300'),
      deaf: sh('exit 0'),
      aWhile: sh('sleep 2'),
    },
  })
}
