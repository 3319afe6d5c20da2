import type { ContainerStreams } from '../engines/engine.ts'
import { guardInput, type InputGuard, isNodeStream, toChunks } from '../task/input.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { CookieOptions } from './cookie.ts'
import { type Output, outputOf } from './output.ts'

/** The input and the two outputs of one cookie. */
export class CookieStreams implements ContainerStreams {
  readonly stdin: AsyncIterable<Uint8Array> | undefined
  readonly stdout: Output
  readonly stderr: Output
  readonly input: InputGuard
  /** Called when an output exceeds `maxOutput`, if that is to end the run. */
  onOverflow: () => void = () => {}

  constructor({ input, stdout, stderr }: ResolvedTask, options: CookieOptions) {
    const onOverflow = () => this.onOverflow()
    this.stdin = input === undefined ? undefined : toChunks(input)
    this.input = guardInput(input)
    this.stdout = outputOf(stdout, options, onOverflow)
    this.stderr = outputOf(stderr, options, onOverflow)
  }

  /** No consumer delays the container from here on. */
  release(): void {
    this.stdout.release()
    this.stderr.release()
  }

  /** The run has settled. `wasTaken` tells whether the engine has taken the input. */
  end({ wasTaken, isTruncated }: { readonly wasTaken: boolean; readonly isTruncated: boolean }): void {
    if (!wasTaken) void this.stdin?.[Symbol.asyncIterator]().return?.()
    this.input.release()
    this.stdout.end(isTruncated)
    this.stderr.end(isTruncated)
  }

  /** Resolves when the task's writables have taken the end of the outputs. Undefined when they have. */
  flushed(): Promise<unknown> | undefined {
    const waiting = [this.stdout.flushed, this.stderr.flushed].filter(flushed => flushed !== undefined)
    return waiting.length === 0 ? undefined : Promise.all(waiting)
  }
}

/** True for a task with streams of the caller's. They may fail at any time, and are followed from the beginning. */
export function hasStreams({ input, stdout, stderr }: ResolvedTask): boolean {
  return stdout !== undefined || stderr !== undefined || (typeof input === 'object' && isNodeStream(input))
}
