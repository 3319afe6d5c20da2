import { randomBytes } from 'node:crypto'

const magic = 'CKT1'
/** The length of a token, in bytes. */
export const tokenSize = 16
/** Bytes of the frame after the token and before the texts. */
const counts = 12
const hasInput = 1
const hasMemoryLimit = 2

/** What the launcher is to run. */
export interface LaunchCommand {
  /** The program, which is looked up in the task's own `PATH`, and its arguments. */
  readonly argv: readonly [string, ...string[]]
  /** `NAME=value`, in the order of the create call. They replace variables of the image. */
  readonly env: readonly string[]
  /** The working directory. Undefined: that of the container. */
  readonly workDir: string | undefined
  /** The rest of the container's input is the task's. Otherwise the task has an empty input. */
  readonly hasInput: boolean
  /** The container has a memory limit: an end without the count of what was killed for it is not plain. */
  readonly hasMemoryLimit: boolean
}

/** A token that no task can guess. */
export const newToken = (): Buffer => randomBytes(tokenSize)

/** The frame that starts a command: see `native/launch.c`. Its texts must have no NUL. */
export function frameOf({ argv, env, workDir = '', ...command }: LaunchCommand, token: Buffer): Buffer {
  const texts = Buffer.from([workDir, ...argv, ...env, ''].join('\0'))
  const head = Buffer.alloc(magic.length + 4 + tokenSize + counts)
  head.write(magic, 'latin1')
  head.writeUInt32LE(tokenSize + counts + texts.length, 4)
  token.copy(head, 8)
  head.writeUInt32LE((command.hasInput ? hasInput : 0) | (command.hasMemoryLimit ? hasMemoryLimit : 0), 24)
  head.writeUInt32LE(argv.length, 28)
  head.writeUInt32LE(env.length, 32)
  return Buffer.concat([head, texts])
}
