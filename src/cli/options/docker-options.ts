import { type Command, Option } from 'commander'
import { UsageError } from '../usage-error.ts'

/** Options of `docker run` that users may try, and why they are not supported. */
const unsupported: readonly (readonly [flags: string, why: string])[] = [
  ['-t, --tty', 'a run has no terminal: use `docker run -it` to work inside a container'],
  ['-d, --detach', 'a run ends with this command: put it in the background with your shell, or use `docker run -d`'],
  ['-p, --publish <port>', 'no ports are published: use `docker run -p`'],
  ['--privileged', 'containers get no privileges here: use `docker run --privileged`'],
  ['--cap-add <capability>', 'containers get no capabilities here: use `docker run --cap-add`'],
  ['-a, --attach <stream>', 'output is always printed; standard input needs -i'],
  ['--read-only', '--hardened includes it; to set it alone, set COOKIETIN_ENABLE_READONLY_ROOTFS=true'],
  ['--mount <mount>', 'folders and files are mounted with -v HOST:CONTAINER[:ro]'],
  ['--restart <policy>', 'a run ends once: repeat it in your shell, or use `docker run --restart`'],
  ['--entrypoint <command>', "the image's entrypoint is always used: use `docker run --entrypoint`"],
]

/** Rejects options of `docker run` with the reason, instead of "unknown option". */
export function refuseDockerOptions(command: Command): Command {
  for (const [flags, why] of unsupported) {
    const option = new Option(flags).hideHelp().argParser(() => undefined)
    command.addOption(option)
    command.on(`option:${option.name()}`, () => {
      throw new UsageError(`${option.long}: ${why}`)
    })
  }
  return command
}
