import type { FileEntry, FileSource, FoundEntry } from '../../engines/engine.ts'
import { CookietinError } from '../../errors.ts'
import type { Link, Message } from '../link/link.ts'
import type { MessageQueue } from '../link/message-queue.ts'
import { partsOf } from '../link/parts.ts'
import { decodeError, encodeError } from '../wire/error.ts'

/** A source of files that the submitter has. Each reading asks for it anew. */
export function servedSource(
  link: Link,
  queue: MessageQueue,
  { index, path, isRepeatable }: { readonly index: number; readonly path: string; readonly isRepeatable: boolean },
): FileSource {
  async function take(): Promise<Message> {
    const message = await queue.take()
    if (message?.type === 'sourceFailed') throw decodeError(message.error, 'of the submitter')
    if (message !== undefined) return message
    throw new CookietinError('ERR_COOKIETIN_FILES_FAILED', 'The submitter was lost while it sent files')
  }
  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const { type, data } = await take()
      if (type === 'entryEnd') return
      if (data !== undefined) yield data
    }
  }
  return {
    path,
    isRepeatable,
    async *entries() {
      await link.send('control', { type: 'readSource', index })
      for (;;) {
        const message = await take()
        if (message.type === 'sourceEnd') return
        if (message.type !== 'entry') continue
        const entry: FileEntry = {
          path: String(message.path),
          type: message.kind as FileEntry['type'],
          mode: Number(message.mode),
          size: typeof message.size === 'number' ? message.size : undefined,
          ...(typeof message.target === 'string' && { target: message.target }),
          content: content(),
        }
        yield entry
      }
    },
  }
}

/** Sends what was found, until it is stopped. */
export async function sendFound(link: Link, found: AsyncIterable<FoundEntry>, stopped: AbortSignal): Promise<void> {
  try {
    for await (const { content, type, ...entry } of found) {
      if (stopped.aborted) break
      await link.send('artifacts', { ...entry, kind: type, type: 'found' })
      if (type === 'file') {
        for await (const bytes of content) {
          for (const data of partsOf(bytes)) {
            if (stopped.aborted) break
            await link.send('artifacts', { type: 'data', data })
          }
          if (stopped.aborted) break
        }
      }
      await link.send('artifacts', { type: 'foundEnd' })
    }
    await link.send('artifacts', { type: 'end' })
  } catch (error) {
    await link.send('artifacts', { type: 'failed', error: encodeError(error) })
  }
}
