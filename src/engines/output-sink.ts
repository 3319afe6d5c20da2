/**
 * Receives one output stream of a container, with backpressure.
 *
 * `write` returns undefined when the next chunk may follow at once, else a promise that resolves when it may. It never throws or rejects:
 * a consumer's errors stay with the consumer.
 */
export interface OutputSink {
  write(chunk: Uint8Array): Promise<void> | undefined
}
