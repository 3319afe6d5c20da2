import type { ConformanceCommands } from '../../../src/engines/conformance/commands.ts'

const run = (...command: string[]) => ({ image: 'ignored', command })
const sh = (script: string) => run('sh', '-c', script)

/** The conformance suite's tasks for engines that run programs of this machine. */
export const localCommands: ConformanceCommands = {
  exit: code => sh(`exit ${code}`),
  notFound: run('no-such-program'),
  notExecutable: run('/etc/passwd'),
  echo: run('cat'),
  allBytes: sh(
    'for high in 0 1 2 3; do for mid in 0 1 2 3 4 5 6 7; do for low in 0 1 2 3 4 5 6 7; do printf "\\\\$high$mid$low"; done; done; done',
  ),
  bothStreams: sh('echo out; echo err >&2'),
  forever: sh('echo ready; exec sleep 300'),
  polite: sh("trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"),
  chatter: sh('while :; do echo x; sleep 0.01; done'),
  flood: sh('head -c 8388608 /dev/zero; exec sleep 300'),
  deaf: sh('exit 0'),
  aWhile: sh('sleep 2'),
}
