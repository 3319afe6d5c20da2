import type { Command } from 'commander'
import type { InspectionEvent } from 'xstate'
import { collect } from '../command-context.ts'
import type { Stdio } from '../output/stdio.ts'

/** The options of the inspector, as commander parses them. */
export interface InspectOptions {
  readonly inspect?: boolean
  readonly 'inspect=control'?: boolean
  readonly 'inspect=output'?: boolean
  readonly inspectAllowedHost?: readonly string[]
  readonly record?: string
}

/**
 * Adds `--inspect`, `--inspect=control`, `--inspect=output` and `--record`. Flags of their own: with an optional value, commander would take the
 * next word as the value.
 */
export function addInspectOptions(command: Command): Command {
  return command
    .option('--inspect', 'show the actors live on a page of this machine; standard error has the URL')
    .option(
      '--inspect=control',
      'like --inspect, with buttons to freeze, unfreeze, cancel and run again, and events by hand',
    )
    .option('--inspect=output', 'like --inspect, with the last 64 KiB of each output stream, secrets masked')
    .option('--inspect-allowed-host <host>', 'a further host of the page, as behind a tunnel (repeatable)', collect)
    .option('--record <file>', 'record the actors for `cookietin inspect FILE`')
}

/** The inspectors of a run. Dispose of them after everything that they observe. */
export interface Inspection extends AsyncDisposable {
  readonly inspect: (event: InspectionEvent) => void
  /** Keeps the page until Ctrl-C if there is a terminal: a run is often over before the page is opened. */
  stay(): void
}

/** Starts the inspectors that the options request. Returns undefined if there are none. */
export async function openInspection(options: InspectOptions, stdio: Stdio): Promise<Inspection | undefined> {
  const control = options['inspect=control'] ?? false
  const output = options['inspect=output'] ?? false
  const wanted = control || output || (options.inspect ?? false)
  if (!wanted && options.record === undefined) return undefined
  // Loaded only when it is used.
  const { combineInspectors, startInspector, startRecording } = await import('../../inspector/index.ts')
  const recording = options.record === undefined ? undefined : await startRecording(options.record)
  const allowedHosts = options.inspectAllowedHost
  const inspector = wanted ? await startInspector({ control, output, allowedHosts }) : undefined
  if (inspector !== undefined) stdio.note(`cookietin: inspector at ${inspector.url}`)
  let stays = false
  return {
    inspect: combineInspectors(inspector?.inspect, recording?.inspect),
    stay() {
      stays = inspector !== undefined && stdio.isTerminal.stderr
    },
    async [Symbol.asyncDispose]() {
      try {
        await recording?.close()
      } finally {
        if (stays) {
          const end = untilSignal()
          stdio.note('cookietin: the inspector stays until Ctrl-C')
          await end
        }
        await inspector?.close()
      }
    },
  }
}

/** Resolves on the first SIGINT, SIGTERM or SIGHUP. */
export function untilSignal(): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  return new Promise(resolve => {
    const end = () => {
      for (const signal of signals) process.off(signal, end)
      resolve()
    }
    for (const signal of signals) process.on(signal, end)
  })
}
