import type { ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context, MiddlewareHandler } from 'hono'

/** The environment of the page's routes. */
export interface PageEnv {
  Bindings: HttpBindings
  Variables: { writeBody?: (response: ServerResponse) => void }
}

/** Answers with a body that `write` sends by Node's own response, which shows how much of it is still buffered. */
export function rawBody(context: Context<PageEnv>, type: string, write: (response: ServerResponse) => void): Response {
  context.set('writeBody', write)
  return context.body(null, 200, { 'Content-Type': type })
}

/** Sends the answers of {@link rawBody} with the headers that later middleware adds. Use it first. */
export const sendRawBodies: MiddlewareHandler<PageEnv> = async (context, next) => {
  await next()
  const write = context.get('writeBody')
  if (write === undefined || context.req.method === 'HEAD') return
  const { outgoing } = context.env
  outgoing.writeHead(context.res.status, Object.fromEntries(context.res.headers))
  write(outgoing)
  context.res = RESPONSE_ALREADY_SENT
}
