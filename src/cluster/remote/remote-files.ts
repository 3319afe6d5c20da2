import type { FileSource, FoundEntry } from '../../engines/engine.ts'
import { CookietinError } from '../../errors.ts'
import type { Link } from '../link/link.ts'
import type { MessageQueue } from '../link/message-queue.ts'
import { partsOf } from '../link/parts.ts'
import { decodeError, encodeError } from '../wire/error.ts'

/** Sends the entries of one source of files to the host that asked for it. */
export async function sendSource(link: Link, source: FileSource | undefined): Promise<void> {
  try {
    if (source === undefined) throw new CookietinError('ERR_COOKIETIN_FILES_FAILED', 'There is no such source of files')
    for await (const { content, ...entry } of source.entries()) {
      await link.send('files', { ...entry, type: 'entry', kind: entry.type })
      if (entry.type === 'file') {
        for await (const bytes of content) {
          for (const data of partsOf(bytes)) await link.send('files', { type: 'data', data })
        }
      }
      await link.send('files', { type: 'entryEnd' })
    }
    await link.send('files', { type: 'sourceEnd' })
  } catch (error) {
    await link.send('files', { type: 'sourceFailed', error: encodeError(error) })
  }
}

/** Reads what a host found, in its order. Leaving the loop drops the rest. */
export async function* receiveFound(
  queue: MessageQueue,
  { host, stop }: { readonly host: () => string; readonly stop: () => void },
): AsyncGenerator<FoundEntry, void, undefined> {
  let isOver = false
  /** Takes the next message. The end is taken once only. */
  const next = async () => {
    const message = await queue.take()
    isOver = message === undefined || message.type === 'end' || message.type === 'failed'
    if (message === undefined) throw lost(host())
    if (message.type === 'failed') throw decodeError(message.error, host())
    return message
  }
  try {
    for (;;) {
      let message = await next()
      if (message.type === 'end') return
      const { path, kind, mode, size } = message
      let isRead = false
      async function* content() {
        for (;;) {
          const part = await next()
          if (part.type === 'foundEnd') {
            isRead = true
            return
          }
          if (part.data !== undefined) yield part.data
        }
      }
      const entry = { path: String(path), type: String(kind), mode: Number(mode), size: Number(size) }
      yield { ...entry, content: content() }
      while (!isRead) {
        message = await next()
        isRead = message.type === 'foundEnd'
      }
    }
  } finally {
    if (!isOver) {
      stop()
      while (!isOver) await next().catch(() => {})
    }
  }
}

function lost(host: string): CookietinError {
  return new CookietinError('ERR_COOKIETIN_HOST_LOST', `Host ${host} was lost while it sent files`, { retryable: true })
}
