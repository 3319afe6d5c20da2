import { isRecord } from '../../../utils/validation/issues.ts'

/** What an image runs by itself. */
export interface ImageCommand {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly workDir: string
}

/** Reads it from the `Config` of an image, as the engine reports it. */
export function imageCommand(config: unknown): ImageCommand {
  const { Entrypoint, Cmd, WorkingDir } = isRecord(config) ? config : {}
  return { entrypoint: texts(Entrypoint), command: texts(Cmd), workDir: String(WorkingDir || '/') }
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
