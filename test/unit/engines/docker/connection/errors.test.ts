import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  connectionError,
  EngineReply,
  isLostReply,
  replyError,
} from '../../../../../src/engines/docker/connection/errors.ts'
import { type ErrorCode, errorCodes } from '../../../../../src/errors.ts'
import { redact } from '../../../../../src/utils/redact.ts'

const failure = (code: string, syscall?: string) => Object.assign(new Error(`${syscall} ${code}`), { code, syscall })
const short = (code: ErrorCode) => code.replace('ERR_COOKIETIN_', '')

describe('an error reply', () => {
  test.for<[number, string, string]>([
    [404, 'No such image: x:latest', 'IMAGE_NOT_FOUND'],
    [404, 'network no-such-net not found', 'NETWORK_NOT_FOUND'],
    [409, 'Conflict. The container name "/x" is already in use by container "y".', 'NAME_CONFLICT'],
    [409, 'Container x is not running', 'INVALID_STATE'],
    [400, 'client version 1.99 is too new. Maximum supported API version is 1.41', 'API_VERSION'],
    [400, 'Client sent an HTTP request to an HTTPS server.', 'ENGINE_UNREACHABLE'],
    [500, 'mkdir /var/lib/docker/overlay2/x: no space left on device', 'NO_SPACE'],
    [500, 'socket: too many open files', 'TOO_MANY_FILES'],
    [500, '--storage-opt is supported only for overlay over xfs', 'INVALID_TASK'],
    [500, 'something else', 'ENGINE_ERROR'],
    [301, '', 'ENGINE_PROTOCOL'],
  ])('%s %s: %s', ([status, text, code]) => {
    const error = replyError(new EngineReply(status, text), 'do it')
    expect(short(error.code)).toBe(code)
    expect(error.message).toMatch(new RegExp(`^Could not do it: the engine answered ${status}, `))
    expect(errorCodes).toContain(error.code)
  })
})

describe('too many open files', () => {
  const runtime = 'failed to create shim task: OCI runtime create failed: runc create failed: '
  test.for([
    'unable to start container process: error closing exec fds: open /proc/self/fd: too many open files: unknown',
    'unable to start container process: unable to init seccomp: error creating scratch pipe: pipe2: too many open files',
    'unable to start container process: error during container init: open /x: too many open files: unknown',
  ])('in the container is of its own limit: %s', said => {
    const error = replyError(new EngineReply(500, runtime + said), 'do it')
    expect([short(error.code), error.retryable]).toEqual(['START_FAILED', false])
    expect(error.message).toMatch(/ulimits\.nofile/)
    expect(error.message).not.toContain('ulimit -n')
  })

  test('before the container is of the engine', () => {
    const said = `${runtime}unable to start container process: unable to start init: fork/exec /x: too many open files`
    expect(replyError(new EngineReply(500, said), 'do it')).toMatchObject({
      code: 'ERR_COOKIETIN_TOO_MANY_FILES',
      retryable: true,
    })
  })
})

test('a missing network is told with every field that may name it', () => {
  const { message } = replyError(new EngineReply(404, 'network x not found'), 'do it')
  expect(message).toMatch(/ the task's network, or the config's dockerNetworks or preForkNetworks$/)
})

test('helpers of the engine that are away may come back', () => {
  const said =
    'connection error: desc = "transport: Error while dialing dial unix /run/containerd/containerd.sock: connect: connection refused": unavailable'
  expect(replyError(new EngineReply(500, said), 'do it')).toMatchObject({
    code: 'ERR_COOKIETIN_ENGINE_ERROR',
    retryable: true,
  })
})

test('an error reply is judged by what the engine said; only what is shown is masked', () => {
  const secrets = ['image', 'found', 'name', 'only', 'space left']
  const judge = (status: number, said: string) =>
    short(replyError(new EngineReply(status, said, secrets), 'do it').code)
  expect(judge(404, 'No such image: x')).toBe('IMAGE_NOT_FOUND')
  expect(judge(404, 'network web not found')).toBe('NETWORK_NOT_FOUND')
  expect(judge(409, 'The container name "/x" is already in use')).toBe('NAME_CONFLICT')
  expect(judge(500, '--storage-opt is supported only for overlay over xfs')).toBe('INVALID_TASK')
  expect(judge(500, 'no space left on device')).toBe('NO_SPACE')
  const error = replyError(new EngineReply(404, 'No such image: x', secrets), 'do it')
  expect(inspect(error, { showHidden: true, depth: null })).not.toContain('such image')
  expect(JSON.stringify([error, error.cause])).not.toContain('such image')
})

describe('no reply', () => {
  test.for<[Error, boolean, code: string, lost: boolean]>([
    [failure('ENOENT', 'connect'), false, 'ENGINE_UNREACHABLE', false],
    [failure('ECONNREFUSED', 'connect'), false, 'ENGINE_UNREACHABLE', false],
    [failure('EACCES', 'connect'), false, 'ENGINE_UNREACHABLE', false],
    [failure('ECONNRESET', 'connect'), false, 'ENGINE_UNREACHABLE', false],
    [failure('ENOTFOUND', 'getaddrinfo'), false, 'ENGINE_UNREACHABLE', false],
    [failure('DEPTH_ZERO_SELF_SIGNED_CERT'), false, 'ENGINE_UNREACHABLE', false],
    [failure('EMFILE', 'connect'), false, 'TOO_MANY_FILES', false],
    // The engine may have carried these out.
    [failure('ECONNRESET', 'read'), false, 'ENGINE_UNREACHABLE', true],
    [failure('EPIPE', 'write'), false, 'ENGINE_UNREACHABLE', true],
    [failure('HPE_INVALID_CONSTANT'), false, 'ENGINE_PROTOCOL', true],
    [new Error('the engine switched protocols'), false, 'ENGINE_PROTOCOL', true],
    [failure('ECONNRESET'), true, 'ENGINE_LOST', true],
  ])('%s, headers seen: %s: %s, may have been carried out: %s', ([cause, sawHeaders, code, lost]) => {
    const error = connectionError(cause, 'do it', sawHeaders)
    expect([short(error.code), isLostReply(error), error.cause]).toEqual([code, lost, cause])
  })
})

test('secrets are masked, short words are not', () => {
  expect(redact('key=hunter2 hunter2! on', ['hunter2', 'on', ''])).toBe('key=••• •••! on')
})
