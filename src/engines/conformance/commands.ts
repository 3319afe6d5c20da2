import type { ContainerTask } from '../../task/task.ts'

/** Tasks for the conformance suite. Each does what its name says, in any way that the engine understands. */
export interface ConformanceCommands {
  /** Ends at once with this exit code. */
  exit(code: number): ContainerTask
  /** Names a program that does not exist. */
  readonly notFound: ContainerTask
  /** Names a file that cannot be executed. */
  readonly notExecutable: ContainerTask
  /** Copies standard input to standard output until the input ends. */
  readonly echo: ContainerTask
  /** Writes the bytes 0 to 255 to standard output. */
  readonly allBytes: ContainerTask
  /** Writes `out` to standard output and `err` to standard error. */
  readonly bothStreams: ContainerTask
  /** Writes `ready` to standard output, then runs until it is killed. */
  readonly forever: ContainerTask
  /** Writes `ready` to standard output, then runs until it is killed, or ends with exit code 7 at SIGTERM. Optional: without it, signals are not tested. */
  readonly polite?: ContainerTask
  /** Writes to standard output many times a second until it is killed. */
  readonly chatter: ContainerTask
  /** Writes 4 MiB or more to standard output, then runs until it is killed. */
  readonly flood: ContainerTask
  /** Does not read its input, and ends with exit code 0. */
  readonly deaf: ContainerTask
  /** Runs for about two seconds, so that it is sampled, and ends with exit code 0. */
  readonly aWhile: ContainerTask
}
