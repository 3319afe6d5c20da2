import type { Command } from 'commander'
import type { InspectionEvent } from 'xstate'
import type { Stdio } from '../output/stdio.ts'

/** How a run is to be watched, as commander gives it. */
export interface InspectOptions {
  readonly inspect?: boolean
  readonly 'inspect=control'?: boolean
  readonly record?: string
}

/** Adds `--inspect`, `--inspect=control` and `--record`. Two flags, since commander would take the word after a flag with an optional value for the value. */
export function addInspectOptions(command: Command): Command {
  return command
    .option('--inspect', 'show it live on a page of this machine; its URL is told on standard error')
    .option('--inspect=control', 'the same, with buttons that freeze, unfreeze and cancel')
    .option('--record <file>', 'record it for `cookietin inspect FILE`')
}

/** What watches a run. To be disposed of after all that it watches. */
export interface Inspection extends AsyncDisposable {
  readonly inspect: (event: InspectionEvent) => void
  /** Has the page stay until Ctrl-C, where somebody sits at a terminal to press it: a run is often over before one has looked. */
  stay(): void
}

/** Starts what was asked for; undefined where nothing was. */
export async function openInspection(options: InspectOptions, stdio: Stdio): Promise<Inspection | undefined> {
  const control = options['inspect=control'] ?? false
  const wanted = control || (options.inspect ?? false)
  if (!wanted && options.record === undefined) return undefined
  // Only those who look load what shows.
  const { combineInspectors, startInspector, startRecording } = await import('../../inspector/index.ts')
  const recording = options.record === undefined ? undefined : await startRecording(options.record)
  const inspector = wanted ? await startInspector({ control }) : undefined
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

/** Resolves with the first signal that asks for an end. */
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
