import type { IncomingMessage } from 'node:http'

/** No line that an engine sends is longer; one that is would fill the memory. Characters. */
const lineLimit = 4 * 1024 * 1024

/**
 * The objects of a stream of JSON lines, as they come; the last one needs no newline, and characters may be cut anywhere.
 *
 * @throws what broke the stream, or an error of its own for what is not JSON. A stream that ends early is an error.
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
