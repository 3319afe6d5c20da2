import type { FunctionHost } from '../host.ts'
import type { ResolvedRequest } from '../http/request.ts'
import { releaseBody } from '../http/request-body.ts'
import { closedError } from '../prewarming.ts'
import type { ResolvedSpec } from '../spec.ts'
import { Call, type CallListener } from './call.ts'

/** How a call is made. */
export interface OpenCallOptions {
  readonly listener: CallListener
  /** The call's id. Undefined: a new one. */
  readonly id: string | undefined
  /** The function takes no more calls. */
  readonly isClosed: boolean
}

/**
 * Makes a call of a function, which whoever watches calls follows.
 *
 * @throws CookietinError `ERR_COOKIETIN_CLOSED`. The body is released then.
 */
export function openCall(
  { observeCall }: FunctionHost,
  { name, task: { image, profile = 'default' } }: ResolvedSpec,
  request: ResolvedRequest,
  { listener, id, isClosed }: OpenCallOptions,
): Call {
  if (isClosed) {
    releaseBody(request.body)
    throw closedError()
  }
  return new Call(request, listener, { observer: observeCall?.({ functionName: name, image, profile }), id })
}
