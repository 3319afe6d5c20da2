import { resolveProcessConfig } from '../../src/engines/process/config.ts'
import { createProcessEngine } from '../../src/engines/process/engine.ts'
import { conformance } from './conformance.ts'

const sh = (script: string) => ({ image: 'ignored', command: ['sh', '-c', script] })

conformance('process', () => createProcessEngine(resolveProcessConfig({ outputTimeout: 500 }, {})), {
  commands: {
    exit: code => sh(`exit ${code}`),
    notFound: { image: 'ignored', command: ['no-such-program'] },
    notExecutable: { image: 'ignored', command: ['/etc/passwd'] },
    echo: { image: 'ignored', command: ['cat'] },
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
