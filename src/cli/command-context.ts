import type { Stdio } from './output/stdio.ts'

/** What every command works with. */
export interface CommandContext {
  readonly stdio: Stdio
  /** Sets the exit code. The process ends once everything is cleaned up and written. */
  exit(code: number): void
}

/** For options that may be given more than once. */
export const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  value,
]
