import type { ResolvedTask } from '../task/resolved-task.ts'
import type { OutputSink } from './output-sink.ts'

/** A function whose containers are on other hosts: the task of its containers, and the settings of its spec. */
export interface RemoteFunctionSpec {
  readonly task: ResolvedTask
  readonly settings: Readonly<Record<string, string | number>>
}

/** A call on its way to another host. */
export interface RemoteRequest {
  /** The call's id. No other call has it. */
  readonly id: string
  /** How long the call may take from now on, in ms. */
  readonly timeout: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Text and bytes can be sent again. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | undefined
  /** Gets the container's standard output during the call. */
  readonly stdout: OutputSink | undefined
  readonly stderr: OutputSink | undefined
}

/** The response of another host. */
export interface RemoteResponse {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: ReadableStream<Uint8Array>
}

/** What the host of a call tells of it at its end. */
export interface ServedCallRecord {
  readonly containerId: string | undefined
  readonly isCold: boolean
  /** How long it waited for a container there, in ms. */
  readonly waited: number
}

/** A call that was made. */
export interface RemoteCall {
  /** Resolves when the head of the response is there. Rejects with a CookietinError. */
  readonly response: Promise<RemoteResponse>
  /** Resolves when nothing more will come, with what the host told of it. */
  readonly over: Promise<ServedCallRecord | undefined>
  /** Ends it, also on its host. */
  abort(error: Error): void
}

/** A function on other hosts. */
export interface RemoteFunction {
  call(request: RemoteRequest): RemoteCall
  /** Resolves when so many containers listen. */
  prewarm(count: number): Promise<void>
  /** How many containers are in each state, on all hosts, as they told last. */
  readonly slots: Readonly<Record<string, number>>
  /** Lets go of it. Its containers serve other processes, or end by themselves. */
  close(): void
}
