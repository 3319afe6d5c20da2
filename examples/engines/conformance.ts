import { test } from 'node:test' // or: import { test } from 'vitest'
import { engineConformance } from 'cookietin/engine'
import { createLocalEngine } from './local-engine.ts'

const run = (...command: string[]) => ({ image: 'none', command })
const sh = (script: string) => run('sh', '-c', script)
const octal = Array.from({ length: 256 }, (_, byte) => `\\\\${byte.toString(8).padStart(3, '0')}`)

/** Tasks that do what their names say, in the words of this engine. */
const commands = {
  exit: (code: number) => sh(`exit ${code}`),
  notFound: run('no-such-program'),
  notExecutable: run('/etc/passwd'),
  echo: run('cat'),
  allBytes: sh(`printf "${octal.join('')}"`),
  bothStreams: sh('echo out; echo err >&2'),
  forever: sh('echo ready; exec sleep 300'),
  chatter: sh('while :; do echo x; sleep 0.01; done'),
  flood: sh('head -c 8388608 /dev/zero; exec sleep 300'),
  deaf: sh('exit 0'),
  aWhile: sh('sleep 2'),
}

for (const { name, run } of engineConformance({ engine: createLocalEngine, commands })) test(name, run)
