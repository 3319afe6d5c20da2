import { type Command, Option } from 'commander'
import { UsageError } from '../usage-error.ts'

/** Options of `docker run` that people will try, and why they are not here. */
const notOffered: readonly (readonly [flags: string, why: string])[] = [
  ['-t, --tty', 'a run has no terminal of its own: use `docker run -it` to work inside a container'],
  ['-d, --detach', 'a run ends with this command: put it in the background with your shell, or use `docker run -d`'],
  ['-p, --publish <port>', 'no ports are published: use `docker run -p`'],
  ['--privileged', 'containers get no privileges here: use `docker run --privileged`'],
  ['--cap-add <capability>', 'containers get no capabilities here: use `docker run --cap-add`'],
  ['-a, --attach <stream>', 'output is always passed on, and standard input with -i'],
  ['--read-only', '--hardened has it with the rest; for it alone set COOKIETIN_ENABLE_READONLY_ROOTFS=true'],
  ['--mount <mount>', 'folders and files are mounted with -v HOST:CONTAINER[:ro]'],
  ['--restart <policy>', 'a run ends once: repeat it in your shell, or use `docker run --restart`'],
  ['--entrypoint <command>', "the image's entrypoint stays: use `docker run --entrypoint`"],
]

/** Says why, where a plain "unknown option" would leave people guessing. */
export function refuseDockerOptions(command: Command): Command {
  for (const [flags, why] of notOffered) {
    const option = new Option(flags).hideHelp().argParser(() => undefined)
    command.addOption(option)
    command.on(`option:${option.name()}`, () => {
      throw new UsageError(`${option.long}: ${why}`)
    })
  }
  return command
}
