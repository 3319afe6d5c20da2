import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { allowNames } from '../../../src/engines/docker/config/allow.ts'
import { resolveDockerConfig } from '../../../src/engines/docker/config/config.ts'
import { createOptions } from '../../../src/engines/docker/create-options/build.ts'
import { resolveTask } from '../../../src/task/resolve-task.ts'
import { namesIn, page, root, rowsBelow } from '../../support/docs/pages.ts'
import { openByDefault, openWhenHardened } from '../../support/security/open-attacks.ts'

const security = page('SECURITY.md')
const profiles = new Map(rowsBelow(security, 'The profiles').map(([name = '', ...cells]) => [name, cells]))

describe('SECURITY.md', () => {
  it('names parts of the profile that exist, and every part of the hardened one', () => {
    const named = [...security.matchAll(/`allow: '([^']+)'`/g)].map(([, name = '']) => name)
    expect(named.filter(name => !(allowNames as readonly string[]).includes(name))).toEqual([])
    expect(allowNames.filter(name => name.startsWith('hardened-') && !named.includes(name))).toEqual([])
  })

  it('has the limits of the profiles', () => {
    const config = { ...resolveDockerConfig({}, {}), hostname: undefined }
    const optionsOf = (profile: 'default' | 'hardened') => {
      const { User, HostConfig } = createOptions(resolveTask({ image: 'x', profile }), config, {})
      return { User, ...HostConfig }
    }
    const [usual, hardened] = [optionsOf('default'), optionsOf('hardened')]
    expect(profiles.get('processes and threads')?.slice(0, 2)).toEqual([`${usual.PidsLimit}`, `${hardened.PidsLimit}`])
    expect(profiles.get('user')?.[1]).toBe(hardened.User?.split(':')[0])
    const [, size = '', files = ''] = /size=(\d+)m,nr_inodes=(\d+)/.exec(hardened.Tmpfs?.['/tmp'] ?? '') ?? []
    expect(profiles.get('`/tmp`')?.[1]).toContain(`${size} MiB of memory, ${Number(files).toLocaleString('en')} files`)
    const limits = Object.fromEntries((hardened.Ulimits ?? []).map(({ Name, Hard }) => [Name, Hard]))
    expect([limits, profiles.get('open files, core dumps')?.[1]]).toEqual([{ nofile: 1024, core: 0 }, '1024, none'])
    expect(profiles.get('out of memory')?.[1]).toContain(`${hardened.OomScoreAdj}`)
    const same = [usual.CapDrop, usual.SecurityOpt, usual.Init, usual.LogConfig?.Type]
    expect(same).toEqual([['ALL'], ['no-new-privileges:true'], true, 'none'])
    expect([hardened.ReadonlyRootfs, hardened.NetworkMode, hardened.IpcMode]).toEqual([true, 'none', 'none'])
  })

  it('lists the attacks that each profile leaves open, as the tests on a real engine find them', () => {
    const [hardened = '', usual = ''] = (security.split('### The attack list')[1] ?? '').split('The default profile')
    expect(namesIn(hardened)).toEqual(openWhenHardened)
    const attacks = namesIn(usual.split('\n## ')[0])
    expect([...attacks, ...openWhenHardened].toSorted()).toEqual(openByDefault.toSorted())
  })
})

describe('NOTICE', () => {
  const notice = page('NOTICE')

  it('names every program of others in the page of the inspector, with its license', () => {
    const sources = globSync(`${root}/src/inspector/page/**/*.{ts,tsx}`).map(path => readFileSync(path, 'utf8'))
    const imported = sources.flatMap(text => [...text.matchAll(/(?:from |import\()'([a-z@][\w./-]*)'/g)])
    const names = new Set(imported.map(([, name = '']) => name.split('/')[0] ?? ''))
    const programs = [...names].filter(name => name !== 'cookietin' && !name.startsWith('node:'))
    expect(programs).toContain('elkjs')
    for (const name of programs) {
      const { license = '' } = JSON.parse(page(`node_modules/${name}/package.json`)) as { license?: string }
      const [, entry = ''] = notice.split(new RegExp(`^${name}$`, 'm'))
      expect(entry.split('\n\n')[0], name).toContain(license.split(' OR ')[0])
    }
  })

  it('is in the package, as SECURITY.md is', () => {
    const { files } = JSON.parse(page('package.json')) as { files: string[] }
    expect(files).toEqual(expect.arrayContaining(['NOTICE', 'SECURITY.md']))
  })
})
