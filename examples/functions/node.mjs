// A function without any kit: an HTTP server on the unix socket that FN_LISTENER names, which answers POST /call.
import { chmodSync } from 'node:fs'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

const path = process.env.FN_LISTENER.slice('unix:'.length)
let calls = 0

const server = createServer(async (request, response) => {
  const { name = 'you' } = await json(request).catch(() => ({}))
  calls += 1
  console.log(`call ${request.headers['fn-call-id']}, due ${request.headers['fn-deadline']}`)
  response.setHeader('Content-Type', 'text/plain')
  response.setHeader('Fn-Http-H-X-Calls', calls) // reaches the caller as X-Calls
  response.end(`Hello ${name}`)
})
// Whoever calls may be another user than the one that the container runs as.
server.listen(path, () => chmodSync(path, 0o666))
