import type { Stdio } from './output/stdio.ts'

/** The context of every command. */
export interface CommandContext {
  readonly stdio: Stdio
  /** Sets the exit code. The process exits after all cleanup, when all output is written. */
  exit(code: number): void
}

/** The parser of an option that may be repeated. */
export const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  value,
]
