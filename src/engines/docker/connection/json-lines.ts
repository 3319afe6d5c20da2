import type { IncomingMessage } from 'node:http'

/** Maximum length of a line, in characters. It bounds the memory that a faulty engine can fill. */
const lineLimit = 4 * 1024 * 1024

/**
 * Yields the objects of a stream of JSON lines as they arrive. Chunks may cut characters. The last line needs no
 * newline.
 *
 * @throws Error of the stream, or for a line that is not JSON. A stream that ends early is an error.
 */
export async function* jsonLines(stream: IncomingMessage): AsyncGenerator<unknown> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineLimit) throw new Error(`a line is longer than ${lineLimit} characters`)
    for (const line of lines) if (line.trim() !== '') yield parse(line)
  }
  rest += decoder.decode()
  if (rest.trim() !== '') yield parse(rest)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`not JSON: ${JSON.stringify(line.slice(0, 60))}`)
  }
}
