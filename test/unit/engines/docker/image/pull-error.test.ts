import { describe, expect, test } from 'vitest'
import { pullError } from '../../../../../src/engines/docker/image/pull-error.ts'

const judged = (text: string) => {
  const { code, retryable } = pullError(text, { image: 'r.example/x:1', secrets: [] })
  return [code.replace('ERR_COOKIETIN_', ''), retryable]
}

const get = 'Get "https://r.example/v2/": '

describe('a reason that may pass', () => {
  test.each([
    'dial tcp: lookup r.example on 127.0.0.53:53: server misbehaving',
    'dial tcp: lookup r.example: Temporary failure in name resolution',
    'dial tcp: lookup r.example: no such host',
    `${get}dial tcp 10.0.0.1:443: connect: no route to host`,
    `${get}dial tcp 10.0.0.1:443: connect: connection timed out`,
    `${get}dial tcp 10.0.0.1:443: connect: connection refused`,
    `${get}dial tcp 10.0.0.1:443: connect: network is down`,
    `${get}dial tcp 10.0.0.1:443: connect: network is unreachable`,
    'read tcp 10.0.0.2:4711->10.0.0.1:443: read: connection timed out',
    'read tcp 10.0.0.2:4711->10.0.0.1:443: read: connection reset by peer',
    'write tcp 10.0.0.2:4711->10.0.0.1:443: write: broken pipe',
    `${get}context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    `${get}net/http: TLS handshake timeout`,
    `${get}tls: handshake failure`,
    `${get}remote error: tls: internal error`,
    `${get}net/http: HTTP/1.x transport connection broken: malformed HTTP response`,
    `${get}EOF`,
    'stream error: stream ID 7; INTERNAL_ERROR; received from peer',
    'http2: server sent GOAWAY and closed the connection',
    'received unexpected HTTP status: 502 Bad Gateway',
    'unexpected status from GET request to https://r.example:5055/v2/x/manifests/1: 503 Service Unavailable',
    'unexpected status code https://r.example/v2/x/manifests/1: 520 ',
    'error parsing HTTP 520 response body: invalid character \'<\' looking for beginning of value: "<html>"',
    'error parsing HTTP 408 response body: unexpected end of JSON input: ""',
  ])('%s', text => {
    expect(judged(text)).toEqual(['REGISTRY_UNREACHABLE', true])
  })

  test.each([
    'open /var/lib/docker/tmp/GetImageBlob42: permission denied',
    'failed to register layer: mkdir /var/lib/docker/overlay2/1: permission denied',
    'the moon is in the way',
  ])('in words that are not known: %s', text => {
    expect(judged(text)).toEqual(['PULL_FAILED', true])
  })

  test.each([
    'toomanyrequests: You have reached your pull rate limit',
    'error parsing HTTP 429 response body: invalid character \'<\' looking for beginning of value: "<html>503</html>"',
    'error parsing HTTP 429 response body: unexpected end of JSON input: ""',
    'unexpected status from HEAD request to https://r.example/v2/x/manifests/1: 429 Too Many Requests',
    'received unexpected HTTP status: 429 Too Many Requests',
    'Too Many Requests',
  ])('a rate limit: %s', text => {
    expect(judged(text)).toEqual(['IMAGE_RATE_LIMITED', true])
  })

  test.each([
    ['filesystem layer verification failed for digest sha256:00', 'IMAGE_CORRUPT'],
    ['unknown blob', 'IMAGE_CORRUPT'],
    ['unexpected EOF', 'IMAGE_CORRUPT'],
    ['write /var/lib/docker/tmp/x: no space left on device', 'NO_SPACE'],
    ['open /var/lib/docker/tmp/x: too many open files', 'TOO_MANY_FILES'],
  ])('%s: %s', (text, code) => {
    expect(judged(text)).toEqual([code, true])
  })
})

describe('a reason that is final', () => {
  test.each([
    ['manifest for r.example/x:1 not found: manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND'],
    ['error parsing HTTP 404 response body: invalid character \'<\': "<h1>denied</h1>"', 'IMAGE_NOT_FOUND'],
    ['unexpected status code https://r.example:443/v2/x/manifests/1: 404 Not Found', 'IMAGE_NOT_FOUND'],
    ['r.example/x:1: not found', 'IMAGE_NOT_FOUND'],
    ['name unknown: repository name not known to registry', 'IMAGE_NOT_FOUND'],
    ['no matching manifest for linux/arm64/v8 in the manifest list entries', 'IMAGE_NOT_FOUND'],
    ['image operating system "windows" cannot be used on this platform', 'IMAGE_NOT_FOUND'],
    [`${get}no basic auth credentials`, 'IMAGE_AUTH'],
    ['unauthorized: authentication required', 'IMAGE_AUTH'],
    ['denied: requested access to the resource is denied', 'IMAGE_AUTH'],
    ["pull access denied for x, repository does not exist or may require 'docker login': denied: no", 'IMAGE_AUTH'],
    ['error parsing HTTP 403 response body: invalid character \'<\': "<html>not found</html>"', 'IMAGE_AUTH'],
    ['unexpected status from GET request to https://r.example/v2/x/manifests/1: 403 Forbidden', 'IMAGE_AUTH'],
    ['login attempt to https://r.example/v2/ failed with status: 401', 'IMAGE_AUTH'],
    [`${get}x509: certificate signed by unknown authority`, 'REGISTRY_UNREACHABLE'],
    [`${get}tls: failed to verify certificate: x509: certificate has expired`, 'REGISTRY_UNREACHABLE'],
    [`${get}http: server gave HTTP response to HTTPS client`, 'REGISTRY_UNREACHABLE'],
    ['invalid reference format', 'PULL_FAILED'],
    ['unsupported manifest media type and no default available', 'PULL_FAILED'],
    ['received unexpected HTTP status: 400 Bad Request', 'PULL_FAILED'],
    ['received unexpected HTTP status: 451 Unavailable For Legal Reasons', 'PULL_FAILED'],
    ['authorization denied by plugin opa: no', 'PULL_FAILED'],
  ])('%s: %s', (text, code) => {
    expect(judged(text)).toEqual([code, false])
  })
})

test('secrets are masked and do not change what the message means', () => {
  const error = pullError('unauthorized: baker:denied-401 is unknown', { image: 'x', secrets: ['unauthorized'] })
  expect(error).toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_AUTH', message: expect.stringContaining('"•••: baker') })
})
