import { expect, it } from 'vitest'
import { imageDigest } from '../../../../../src/engines/docker/image/image-digest.ts'

const [one, other] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`]
const Id = `sha256:${'f'.repeat(64)}`

it('is that of the repository that the reference names, in each of its forms', () => {
  const RepoDigests = [`ghcr.io/baker/busybox@${other}`, `busybox@${one}`]
  for (const reference of ['busybox', 'busybox:1', 'library/busybox', 'docker.io/library/busybox:1', `busybox@${one}`])
    expect(imageDigest(reference, { Id, RepoDigests })).toBe(`busybox@${one}`)
  expect(imageDigest('ghcr.io/baker/busybox:2', { Id, RepoDigests })).toBe(`ghcr.io/baker/busybox@${other}`)
})

it('is the one that the reference has, where the image has several', () => {
  const RepoDigests = [`busybox@${one}`, `busybox@${other}`]
  expect(imageDigest(`busybox:1@${other}`, { Id, RepoDigests })).toBe(`busybox@${other}`)
  expect(imageDigest('busybox', { Id, RepoDigests })).toBe(`busybox@${one}`)
})

it("is the image's id without one, and nothing where the engine does not tell", () => {
  expect(imageDigest('busybox', { Id, RepoDigests: null })).toBe(Id)
  expect(imageDigest('busybox', { Id, RepoDigests: [`cake@${one}`, '<none>@<none>'] })).toBe(Id)
  expect(imageDigest(Id, { Id, RepoDigests: [`busybox@${one}`] })).toBe(Id)
  expect(imageDigest('busybox', {})).toBeUndefined()
})
