import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidInputError } from '../../../src/errors.ts'
import { formatImage, type ImageName, parseImage } from '../../../src/task/image-name.ts'
import { readVectors } from '../../support/vectors.ts'

interface Row {
  readonly input: string
  readonly fn: readonly [registry: string, repository: string, tag: string]
}

const { cases } = readVectors<{ cases: Row[] }>('parse-image.json')

/** What is returned where Fn is wrong. A string: the name is rejected, and why. */
const better: Record<string, ImageName | string> = {
  'docker.io/mongo': { registry: 'docker.io', repository: 'library/mongo', tag: 'latest' }, // the registry knows no plain "mongo"
  '': 'names no image',
  'foo:': 'the engine refuses an empty tag',
  'foo:@sha256:abc': 'an empty tag, and a digest cut short',
  'foo@': 'an empty digest: to take it for "latest" would run an image that nobody named',
  'foo:v1@': 'an empty digest',
  'foo@sha256:a@sha256:b': 'two digests: which one is meant?',
  'foo:v1@sha256:a@sha256:b': 'two digests',
  'localhost:5000/a/b/c@sha256:abc': 'a digest cut short, which the engine refuses',
  'ghcr.io/o/r:v1@sha512:cf83e1357eefb8bd': 'a digest cut short, which the engine refuses',
  '@sha256:abc': 'no repository',
  ':v1': 'no repository',
  ':': 'no repository',
  '@': 'no repository',
  '/': 'empty path components',
  '/foo': 'an empty path component',
  'foo/': 'an empty path component',
  '//foo': 'empty path components',
  'a.b/': 'no repository',
  'A.B/Foo:TAG': 'a repository in upper case, which the engine refuses',
  Foo: 'a repository in upper case, which the engine refuses',
  'user/Repo:V1.2.3-rc_1': 'a repository in upper case, which the engine refuses',
  'my_registry:5000/foo': 'no host name has an underscore, and the engine refuses it',
  'registry:5000/foo:bar:baz': 'two tags',
  'a:b/c:d': 'a port that is no number',
  '066978f9d271cfde1586ee5c6a3904a683a228252d6bc831e9c64a6fb823bc10':
    'an id, which the engine would not take for the repository library/0669…',
  'https://reg.example.com/foo:1': 'a URL, whose scheme Fn takes for the registry',
  ' foo:1': 'a space, which would end up in the path of a request',
  'foo :1': 'a space',
  'фн/тест:v1': 'letters that the grammar does not have',
}

describe('parseImage and Fn', () => {
  for (const { input, fn } of cases) {
    const expected = better[input]
    const digest = /@(.*)/.exec(input)?.[1]
    it(`reads ${JSON.stringify(input)}${typeof expected === 'string' ? `: refused, ${expected}` : ''}`, () => {
      if (typeof expected === 'string') {
        expect(() => parseImage(input)).toThrow(InvalidInputError)
        return
      }
      const [registry, repository, tag] = fn
      expect(parseImage(input)).toEqual(expected ?? { registry, repository, tag, ...(digest && { digest }) })
    })
  }

  it('differs from Fn in these rows only', () => {
    expect(Object.keys(better).filter(input => !cases.some(row => row.input === input))).toEqual([])
  })
})

describe('parseImage', () => {
  it('names the field, the value and the allowed values', () => {
    expect(() => parseImage('user/Repo')).toThrow(
      "image: 'user/Repo' is not allowed, it must be a reference whose repository is in lower case: user/repo",
    )
    expect(() => parseImage('a'.repeat(256))).toThrow('255 characters at most')
    expect(() => parseImage(`a:${'b'.repeat(129)}`)).toThrow('128')
    expect(() => parseImage(7 as unknown as string)).toThrow('a value of type number')
  })

  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/)
  const names = fc.record({
    registry: fc.oneof(
      fc.constant(''),
      fc.tuple(word, word).map(parts => parts.join('.')),
      word.map(host => `${host}:5000`),
    ),
    repository: fc.array(word, { minLength: 2, maxLength: 4 }).map(parts => parts.join('/')),
    tag: fc.stringMatching(/^[A-Za-z0-9_][\w.-]{0,20}$/),
  })

  it('reads what formatImage writes', () => {
    fc.assert(
      fc.property(names, name => {
        expect(parseImage(formatImage(name))).toEqual(name)
      }),
    )
  })

  it('keeps a digest through formatImage, which leaves out the tag', () => {
    const digest = `sha256:${'0'.repeat(64)}`
    const name = parseImage(`quay.io:80/a/b:v1@${digest}`)
    expect(name).toEqual({ registry: 'quay.io:80', repository: 'a/b', tag: 'v1', digest })
    expect(formatImage(name)).toBe(`quay.io:80/a/b@${digest}`)
  })

  it('returns nothing that could leave its place in a request path, for any input', () => {
    const nasty = fc.string({ unit: fc.constantFrom(...'ab./:@?#%\\ \n\0-_[]A'), maxLength: 40 })
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string()), text => {
        let name: ImageName
        try {
          name = parseImage(text)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError)
          return
        }
        const formatted = formatImage(name)
        expect(formatted).toMatch(/^[A-Za-z0-9[][A-Za-z0-9._:/@[\]+-]*$/)
        expect(formatted.split('/')).not.toContain('..')
        expect(formatted).not.toContain('//')
      }),
      { numRuns: 2000 },
    )
  })
})

it('a name that a caller changes is read again as it is written', () => {
  const name = parseImage('busybox:1.36') as { tag: string }
  name.tag = 'changed'
  expect(parseImage('busybox:1.36').tag).toBe('1.36')
})
