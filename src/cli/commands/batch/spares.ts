import { InvalidInputError } from '../../../errors.ts'
import type { ContainerTask, Executor } from '../../../index.ts'
import { isRecord } from '../../../utils/validation/issues.ts'

/** Fields that do not decide which container a task can run in. */
const ofOneRun = [
  ...['id', 'command', 'entrypoint', 'env', 'secrets', 'workDir', 'input', 'encoding', 'timeout', 'retry'],
  ...['stopGrace', 'thaw', 'labels', 'maxArtifacts', 'maxArtifactEntries', 'artifactsTimeout'],
]
/** Containers are started ahead for so many kinds of task at most. */
const mostKinds = 4

/** Starts containers ahead for the kinds of task that a batch has: those that come first. */
export class BatchSpares {
  readonly #executor: Pick<Executor, 'template'>
  readonly #size: number
  readonly #kinds = new Set<string>()

  constructor(executor: Pick<Executor, 'template'>, size: number) {
    this.#executor = executor
    this.#size = size
  }

  /** Call it with each task before it is run. */
  see(task: unknown): void {
    if (!isRecord(task) || this.#kinds.size >= mostKinds) return
    const kind = Object.entries(task).filter(([name]) => !ofOneRun.includes(name))
    const key = JSON.stringify(kind.toSorted(([a], [b]) => (a < b ? -1 : 1)))
    if (this.#kinds.has(key)) return
    this.#kinds.add(key)
    try {
      this.#executor.template(Object.fromEntries(kind) as unknown as ContainerTask, { spares: this.#size })
    } catch (error) {
      // The run of this task tells what is wrong with it. One that no spare container can serve runs as ever.
      if (!(error instanceof InvalidInputError)) throw error
    }
  }
}
