import type { Command } from 'commander'
import { collect } from '../command-context.ts'
import { refuseDockerOptions } from './docker-options.ts'

/** Adds what a command that takes one task needs: IMAGE, COMMAND, and the options that say what to run. */
export function addTaskOptions(command: Command): Command {
  command
    .usage('[options] IMAGE [COMMAND...]')
    .argument('<image>', 'the image to run (with --driver process: only a name)')
    .argument('[command...]', "what to run in it (default: the image's own command)")
    .passThroughOptions()
    .option('-e, --env <NAME=value>', 'set a variable; NAME alone takes your own value (repeatable)', collect)
    .option('--env-file <file>', 'read variables from a file (repeatable)', collect)
    .option('-v, --volume <host:container[:ro]>', 'mount a folder or file (repeatable)', collect)
    .option('-w, --workdir <dir>', 'working directory in the container')
    .option('-u, --user <user[:group]>', 'run as this user')
    .option('-m, --memory <size>', 'memory limit, such as 64m or 1.5g')
    .option('--cpus <number>', 'CPU limit, such as 0.5')
    .option('--pids-limit <number>', 'limit on processes and threads (default: 256)')
    .option('--ulimit <name=number>', 'resource limit, such as nofile=1024 (repeatable)', collect)
    .option('--network <none|default>', 'none: loopback only')
    .option('--tmpfs-size <MB>', 'make /tmp a tmpfs of this size')
    .option('-i, --interactive', 'pass standard input on')
    .option('--rm', 'accepted for habit: the container is always removed')
    .option('--init', 'accepted for habit: an init process is there by default')
    .option('--name <id>', 'the same as --id')
    .option('--id <id>', 'name the run (default: a random id)')
    .option('--pull <missing|always|never>', 'when to ask the registry for the image (default: missing)')
    .option('--hardened', 'the profile for code you do not trust: no network, read-only, no root')
    .option('--timeout <duration>', 'end it after so long: milliseconds, or 5s, 2m; exit code 124')
  return refuseDockerOptions(command)
}
