import { setTimeout as delay } from 'node:timers/promises'
import { createMockEngine } from '../../../../src/engines/mock/engine.ts'
import type { MockRun } from '../../../../src/engines/mock/script.ts'
import type { ContainerTask } from '../../../../src/task/task.ts'
import { conformance } from '../../../engine/conformance/conformance.ts'

const task = (image: string): ContainerTask => ({ image })
const forever = { runFor: Number.POSITIVE_INFINITY }

async function* chatter() {
  for (;;) {
    yield 'x'
    await delay(5)
  }
}

const runs: Record<string, () => MockRun> = {
  'not-found': () => ({ exitCode: 127 }),
  'not-executable': () => ({ exitCode: 126 }),
  echo: () => ({ echoInput: true }),
  'all-bytes': () => ({ stdout: Uint8Array.from({ length: 256 }, (_, byte) => byte) }),
  'both-streams': () => ({ stdout: 'out', stderr: ['e', 'rr'] }),
  forever: () => ({ stdout: 'ready', ...forever }),
  chatter: () => ({ stdout: chatter() }),
  flood: () => ({ stdout: Array.from({ length: 64 }, () => new Uint8Array(65_536)), ...forever }),
  deaf: () => ({}),
  'a-while': () => ({ runFor: 20, stats: [1, 2].map(timestamp => ({ timestamp, metrics: { mem_usage: 1 } })) }),
}

conformance('mock', {
  engine: () => createMockEngine(({ image }) => runs[image]?.() ?? { exitCode: Number(image.slice('exit-'.length)) }),
  commands: {
    exit: code => task(`exit-${code}`),
    notFound: task('not-found'),
    notExecutable: task('not-executable'),
    echo: task('echo'),
    allBytes: task('all-bytes'),
    bothStreams: task('both-streams'),
    forever: task('forever'),
    chatter: task('chatter'),
    flood: task('flood'),
    deaf: task('deaf'),
    aWhile: task('a-while'),
  },
})
