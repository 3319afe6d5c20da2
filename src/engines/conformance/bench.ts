import type { ContainerTask } from '../../task/task.ts'
import type { ConformanceCommands } from './commands.ts'
import type { PortOptions, PortRun } from './port-run.ts'

/** What one test works with. */
export interface ConformanceBench {
  readonly commands: ConformanceCommands
  /** Makes a container, which is removed after the test. */
  run(task: ContainerTask, options?: PortOptions): PortRun
  /** Makes a container and starts it; `commands.forever` by default, once it has written `ready`. */
  running(task?: ContainerTask): Promise<PortRun>
}

/** Tests of one topic by their names. */
export type ConformanceTests = Readonly<Record<string, (bench: ConformanceBench) => Promise<void>>>
