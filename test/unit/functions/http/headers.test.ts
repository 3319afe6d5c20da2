import { describe, expect, it } from 'vitest'
import { gatewayHeaders, requestHeaders, responseHead } from '../../../../src/functions/http/headers.ts'

const head = { callId: 'c1', deadline: Date.UTC(2026, 0, 2, 3, 4, 5, 678), headers: undefined, length: 0 }

describe('a request', () => {
  it('names the call and its deadline', () => {
    expect(requestHeaders(head)).toEqual({
      host: 'localhost',
      'fn-call-id': 'c1',
      'fn-deadline': '2026-01-02T03:04:05.678Z',
      'content-length': '0',
    })
    expect(requestHeaders({ ...head, length: undefined })).not.toHaveProperty('content-length')
  })

  it('carries the headers of its caller unchanged, once', () => {
    const headers = { 'X-One': 'a', 'X-Many': ['b', 'c'], 'Content-Type': 'text/plain', 'Fn-Intent': 'cloudevent' }
    const sent = requestHeaders({ ...head, headers })
    expect(sent).toMatchObject({
      'x-one': 'a',
      'x-many': ['b', 'c'],
      'content-type': 'text/plain',
      'fn-intent': 'cloudevent',
    })
    expect(Object.keys(sent).filter(name => name.startsWith('fn-http-h-'))).toEqual([])
    expect(requestHeaders({ ...head, headers: new Headers({ 'X-One': 'a' }) })).toMatchObject({ 'x-one': 'a' })
  })

  it.each([
    'Connection',
    'Proxy-Connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Host',
    'Content-Length',
    'Expect',
    'Fn-Call-Id',
    'Fn-Deadline',
  ])('does not carry %s', name => {
    const sent = requestHeaders({ ...head, headers: { [name]: 'theirs' } })
    expect(Object.values(sent)).not.toContain('theirs')
    expect(Object.keys(sent)).toHaveLength(4)
  })

  it('leaves out headers that the caller lists for its own connection', () => {
    const sent = requestHeaders({ ...head, headers: { Connection: 'close, X-Hop', 'X-Hop': 'a', 'X-Stay': 'b' } })
    expect(sent).not.toHaveProperty('x-hop')
    expect(sent).toMatchObject({ 'x-stay': 'b' })
  })
})

describe("a gateway's headers", () => {
  it('wrap every header of the client but its content type', () => {
    const sent = gatewayHeaders(
      new Headers({ Authorization: 'real', 'Content-Type': 'text/plain', Connection: 'close' }),
    )
    expect(sent).toEqual({ 'fn-http-h-authorization': 'real', 'content-type': 'text/plain' })
  })

  it.each(['Fn-Http-H-Authorization', 'Fn-Intent', 'Fn-Http-Method', 'Fn-Fdk-Version', 'fn-later'])(
    'do not let a client set %s of the contract',
    name => {
      const sent = gatewayHeaders(new Headers({ Authorization: 'real', [name]: 'forged' }))
      expect(sent).toEqual({ 'fn-http-h-authorization': 'real', [`fn-http-h-${name.toLowerCase()}`]: 'forged' })
    },
  )
})

describe('an answer', () => {
  const answer = (...raw: string[]) => {
    const given = responseHead(raw, 'c1')
    return given && { status: given.status, headers: Object.fromEntries(given.headers) }
  }

  it('is 200 without another status, and names the call', () => {
    expect(answer('Content-Type', 'text/plain', 'Connection', 'close', 'Transfer-Encoding', 'chunked')).toEqual({
      status: 200,
      headers: { 'content-type': 'text/plain', 'fn-call-id': 'c1' },
    })
  })

  it('has the status and headers that the function sets for its caller', () => {
    expect(
      answer(
        'Fn-Http-Status',
        '404',
        'X-A',
        'ours',
        'Fn-Http-H-X-A',
        'theirs',
        'Fn-Http-H-Set-Cookie',
        'a=1',
        'Fn-Http-H-Connection',
        'close',
      ),
    ).toEqual({ status: 404, headers: { 'x-a': 'theirs', 'set-cookie': 'a=1', 'fn-call-id': 'c1' } })
  })

  it('is as long as its frame states, with any other length in it', () => {
    expect(answer('Content-Length', '9', 'Fn-Http-H-Content-Length', '2')?.headers).toMatchObject({
      'content-length': '9',
    })
    const frames = ['Content-Length', 'Transfer-Encoding', 'Trailer', 'Upgrade'].flatMap(name => [
      `Fn-Http-H-${name}`,
      '2',
    ])
    expect(answer('Transfer-Encoding', 'chunked', ...frames)?.headers).toEqual({ 'fn-call-id': 'c1' })
    // It has no body, whatever the function sends.
    expect(answer('Fn-Http-Status', '205', 'Content-Length', '9')?.headers).toEqual({ 'fn-call-id': 'c1' })
  })

  it('leaves out headers that the function lists for its own connection', () => {
    expect(
      answer('Connection', 'keep-alive, X-Hop', 'X-Hop', 'a', 'Fn-Http-H-Connection', 'X-Two', 'Fn-Http-H-X-Two', 'b')
        ?.headers,
    ).toEqual({ 'fn-call-id': 'c1' })
  })

  it.each(['42', '199', '600', 'two hundred', '200.5', ''])('is none with the status %o', status => {
    expect(answer('Fn-Http-Status', status)).toBeUndefined()
  })
})
