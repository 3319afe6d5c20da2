import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { type ContainerTask, InvalidInputError, type TextTask } from '../../../../src/index.ts'
import { engineRequest } from '../../../support/engine/request.ts'
import { setup, shell } from '../../setup.ts'

it('gives a container what its task asks of the engine', async () => {
  const volume = `cookietin-test-${randomBytes(4).toString('hex')}`
  const { executor } = await setup({}, { allow: ['cap:SYS_PTRACE'], networks: ['bridge'], runtimes: ['runc'] })
  const script = `echo name=$(hostname); echo shm=$(df -k /dev/shm | tail -1 | awk '{print $2}'); grep db.local /etc/hosts
    grep nameserver /etc/resolv.conf; grep ' /scratch ' /proc/mounts; grep CapBnd /proc/1/status; ulimit -S -n; ulimit -H -n; ulimit -c
    cat /proc/1/comm; echo kept > /data/file; echo args="$@"; cat /proc/net/dev | grep -c eth0`
  try {
    const task: TextTask = {
      ...shell(''),
      encoding: 'utf8',
      entrypoint: ['sh', '-c', script],
      command: ['zero', 'one two'],
      disableNet: false,
      network: 'bridge',
      runtime: 'runc',
      platform: 'linux/amd64',
      labels: { team: 'red' },
      hostname: 'cook.example',
      init: false,
      shmSize: '8m',
      extraHosts: { 'db.local': '10.1.2.3' },
      dns: ['10.9.8.7'],
      tmpfs: { '/scratch': { size: '1m', mode: 0o700, exec: true } },
      ulimits: { nofile: { soft: 100, hard: 200 }, core: -1 },
      capAdd: ['cap_sys_ptrace'],
      volumes: [{ volume, target: '/data' }],
      containerOptions: options => {
        options.HostConfig.CpuShares = 512
      },
    }
    const execution = executor.run(task)
    const seen: (object | undefined)[] = []
    execution.transitions$.subscribe(({ labels }) => seen.push(labels))
    const { status, stdout, labels, error } = await execution
    expect([status, error]).toEqual(['success', undefined])
    expect(labels).toEqual({ team: 'red' })
    expect(new Set(seen.map(each => JSON.stringify(each)))).toEqual(new Set(['{"team":"red"}']))
    for (const line of ['name=cook.example', 'shm=8192', 'nameserver 10.9.8.7', '100\n200\nunlimited', 'args=one two'])
      expect(stdout).toContain(line)
    expect(stdout).toMatch(/10\.1\.2\.3\s+db\.local/)
    const [scratch = ''] = /tmpfs \/scratch .*/.exec(stdout) ?? []
    expect([/size=1024k/.test(scratch), /mode=700/.test(scratch), /noexec/.test(scratch)]).toEqual([true, true, false])
    expect(stdout).toContain(`CapBnd:\t${(1n << 19n).toString(16).padStart(16, '0')}`)
    const again = await executor.run(
      shell('cat /data/file', { volumes: [{ volume, target: '/data', readOnly: true }] }),
    )
    expect(again.stdout).toBe('kept\n')
  } finally {
    await executor.onIdle()
    await engineRequest('DELETE', `/volumes/${volume}?force=true`)
  }
})

it('refuses what the config does not grant, and a volume of others', async () => {
  const volume = `others-${randomBytes(4).toString('hex')}`
  const { executor } = await setup({}, { gpus: 1 })
  await engineRequest('POST', '/volumes/create', { Name: volume })
  try {
    const refused: readonly (readonly [Partial<ContainerTask>, string])[] = [
      [{ capAdd: ['SYS_PTRACE'] }, "it must be left out, or 'cap:SYS_PTRACE' listed"],
      [{ network: 'host' }, "it must be a network that the config's networks lists"],
      [{ runtime: 'runc' }, "it must be a runtime that the config's runtimes lists"],
      [{ gpus: 2 }, 'it must be at most 1'],
      [{ volumes: [{ volume, target: '/data' }] }, 'it must be a volume that cookietin has made'],
      [{ profile: 'hardened', volumes: [{ volume, target: '/data' }] }, 'it must be read-only'],
      [{ profile: 'hardened', tmpfs: { '/x': 0 } }, "it must be left out, or 'hardened-writable-root'"],
      [{ containerOptions: options => (options.HostConfig.Privileged = true) }, "listed as 'privileged'"],
    ]
    for (const [fields, why] of refused) {
      const error = await executor.run({ ...shell('true'), disableNet: undefined, ...fields }).catch(error => error)
      expect(error).toBeInstanceOf(InvalidInputError)
      expect(error.message).toContain(why)
      const [field = ''] = Object.keys(fields).filter(name => name !== 'profile')
      expect(error.message).toContain(field)
    }
    const { code } = await executor.run(shell('true', { gpus: 1 })).catch(error => error)
    expect(code).toMatch(/^ERR_COOKIETIN_(START_FAILED|ENGINE_ERROR|INVALID_TASK)$/)
    const other = await executor.run(shell('true', { platform: 'linux/s390x', pull: 'never' })).catch(error => error)
    expect(other.code).toBe('ERR_COOKIETIN_IMAGE_NOT_FOUND')
  } finally {
    await executor.onIdle()
    await engineRequest('DELETE', `/volumes/${volume}?force=true`)
  }
})
