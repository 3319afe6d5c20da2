import { AssertionError } from 'node:assert'
import { Issues, isRecord } from '../../utils/validation/issues.ts'
import { callback } from '../../utils/validation/rules.ts'
import type { Engine } from '../engine.ts'
import type { ConformanceBench, ConformanceTests } from './bench.ts'
import type { ConformanceCommands } from './commands.ts'
import { exitTests } from './exit.ts'
import { fileTests } from './files.ts'
import { killTests } from './kill.ts'
import { pauseTests } from './pause.ts'
import { type PortRun, portRun } from './port-run.ts'
import { prepareTests } from './prepare.ts'
import { removeTests } from './remove.ts'
import { signalTests } from './signal.ts'
import { statsTests } from './stats.ts'
import { streamTests } from './streams.ts'

/** What {@link engineConformance} takes. */
export interface ConformanceOptions {
  /** Makes an engine. Each test makes one, and closes it. */
  readonly engine: () => Engine | Promise<Engine>
  /** The tasks that the tests run. */
  readonly commands: ConformanceCommands
  /**
   * How long one test may take, in ms. A test that takes longer fails.
   *
   * @default 20_000
   */
  readonly timeout?: number
}

/** One test of the suite. */
export interface ConformanceTest {
  /** What the engine must do, as a sentence. */
  readonly name: string
  /** Resolves when the engine does it. Rejects with an `AssertionError` when it does not. */
  readonly run: () => Promise<void>
}

const topics: Readonly<Record<string, ConformanceTests>> = {
  prepare: prepareTests,
  files: fileTests,
  exit: exitTests,
  streams: streamTests,
  pause: pauseTests,
  signal: signalTests,
  kill: killTests,
  remove: removeTests,
  stats$: statsTests,
}

/**
 * Returns the tests that every engine of cookietin passes, for the runner of your choice: each is a name and an async
 * function.
 *
 * @example
 * import { test } from 'node:test' // or: import { test } from 'vitest'
 *
 * for (const { name, run } of engineConformance({ engine: () => createMyEngine(), commands })) test(name, run)
 */
export function engineConformance(options: ConformanceOptions): readonly ConformanceTest[] {
  const { engine, commands, timeout = 20_000 } = checked(options)
  return Object.entries(topics).flatMap(([topic, tests]) =>
    Object.entries(tests).map(([name, test]) => ({
      name: `${topic}: ${name}`,
      run: () => within(timeout, onBench(engine, commands, test)),
    })),
  )
}

function checked(options: ConformanceOptions): ConformanceOptions {
  const { engine, commands } = Object(options) as Partial<ConformanceOptions>
  const issues = new Issues()
  issues.read('engine', engine ?? null, callback, undefined)
  if (!isRecord(commands)) issues.add('commands', commands, 'an object of commands')
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  return options
}

function within(ms: number, test: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new AssertionError({ message: `A call of the engine port did not settle within ${ms} ms` })),
      ms,
    )
    test.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

async function onBench(
  makeEngine: ConformanceOptions['engine'],
  commands: ConformanceCommands,
  test: (bench: ConformanceBench) => Promise<void>,
): Promise<void> {
  const engine = await makeEngine()
  const made: PortRun[] = []
  const run: ConformanceBench['run'] = (task, options) => {
    const one = portRun(engine, task, options)
    made.push(one)
    return one
  }
  try {
    await test({
      commands,
      run,
      async running(task = commands.forever) {
        const one = run(task)
        await one.prepare()
        await one.start()
        if (task === commands.forever || task === commands.polite) await one.stdout.until('ready')
        return one
      },
    })
  } finally {
    await Promise.all(made.map(({ container }) => container.remove()))
    await engine.close()
  }
}
