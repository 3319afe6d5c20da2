import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DockerConfig } from '../../../src/engines/docker/config/docker-config.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { live, testEngine } from '../../support/engine/docker.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'
import { startSyslog } from '../../support/servers/syslog.ts'

checkLeaks()

/** The result of a task's script. */
async function run(script: string, task: Partial<ContainerTask> = {}, config: DockerConfig = {}) {
  await using given = await testEngine(config)
  const container = given.container({ command: ['sh', '-c', script], ...task })
  try {
    return await live(container)
  } finally {
    await container.remove()
  }
}
const said = async (...args: Parameters<typeof run>) => (await run(...args)).stdout.trim()

/** The first of the control group's files that exists, for version 1 or 2. */
const cgroup = (...paths: string[]) => paths.map(path => `cat /sys/fs/cgroup/${path} 2>/dev/null`).join(' || ')

describe('limits, from inside', () => {
  test('memory: a process that exceeds it is killed, without swap', async () => {
    expect(await said(cgroup('memory/memory.limit_in_bytes', 'memory.max'), { memory: '32m' })).toBe(
      String(32 * 2 ** 20),
    )
    const eater = 'a=xxxxxxxxxxxxxxxx; while :; do a="$a$a"; done'
    expect((await run(`exec sh -c '${eater}'`, { memory: '16m' })).exit).toMatchObject({
      exitCode: 137,
      oomKilled: true,
    })
  })

  test('CPUs', async () => {
    expect(await said(`${cgroup('cpu/cpu.cfs_quota_us', 'cpu.max')}`, { cpus: 250 })).toMatch(/^25000\b/)
  })

  test('processes: a fork bomb is contained', async () => {
    const { stdout, stderr } = await run('i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done; echo done', {
      pids: 20,
    })
    expect(`${stdout}${stderr}`).toMatch(/can't fork|Resource temporarily unavailable/i)
  })

  test('ulimits', async () => {
    expect(await said('ulimit -n; ulimit -c', { ulimits: { nofile: 77, core: 0 } })).toBe('77\n0')
  })

  test('size and number of files of /tmp', async () => {
    const task = { tmpFsSize: 1 }
    const { stdout, stderr } = await run(
      'head -c 4000000 /dev/zero > /tmp/f; wc -c < /tmp/f; mount | grep " /tmp "',
      task,
      {
        maxTmpfsInodes: 1025,
      },
    )
    expect(stderr).toMatch(/No space left on device|I\/O error/)
    expect(stdout).toMatch(new RegExp(`^${2 ** 20}\n.*size=1024k,nr_inodes=1025`))
    const files = await said('i=0; while touch /tmp/$i 2>/dev/null; do i=$((i+1)); done; echo $i', task, {
      maxTmpfsInodes: 30,
    })
    expect(Number(files)).toBeLessThan(30)
  })

  test('size of the file system: enforced, or rejected before the run with a remedy', async () => {
    const { Driver } = (await engineRequest('GET', '/info')) as { Driver: string }
    const attempt = run('head -c 20000000 /dev/zero > /f; wc -c < /f', { fsSize: 10 })
    const outcome = await attempt.then(
      ({ stdout }) => Number(stdout),
      (error: unknown) => error,
    )
    if (typeof outcome === 'number') expect(outcome).toBeLessThanOrEqual(10 * 2 ** 20)
    else {
      expect(outcome).toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
      expect(String(outcome), Driver).toMatch(/cannot limit fsSize.*use tmpFsSize/)
    }
  })
})

describe('the surroundings of a task, from inside', () => {
  test('a read-only root with a /tmp, with enableReadonlyRootfs', async () => {
    const script = 'touch /x 2>&1; touch /tmp/x && echo tmp'
    expect(await said(script, {}, { enableReadonlyRootfs: true })).toMatch(/Read-only file system\ntmp$/)
    expect(await said(script)).toBe('tmp')
  })

  test('an init process, unless enableTini is false', async () => {
    const script = 'cat /proc/1/comm; true'
    expect(await said(script)).toMatch(/init|tini/)
    expect(await said(script, {}, { enableTini: false })).toBe('sh')
  })

  test('volumes, read-only and writable', async () => {
    const folder = await mkdtemp('/tmp/ct-')
    await mkdir(join(folder, 'out'), { mode: 0o777 })
    await writeFile(join(folder, 'in'), 'flour')
    const volumes: ContainerTask['volumes'] = [
      [join(folder, 'in'), '/in', 'ro'],
      [join(folder, 'out'), '/out'],
    ]
    expect(await said('cat /in; echo; (echo x > /in) 2>&1; echo bread > /out/loaf', { volumes, user: '0' })).toMatch(
      /^flour\n.*Read-only file system$/,
    )
    expect(await readFile(join(folder, 'out/loaf'), 'utf8')).toBe('bread\n')
    expect(await readFile(join(folder, 'in'), 'utf8')).toBe('flour')
    await rm(folder, { recursive: true })
  })

  test('no missing volume, and none that leads to a dangerous path', async () => {
    const folder = await mkdtemp('/tmp/ct-')
    const missing = run('true', { volumes: [[join(folder, 'nothing'), '/x']] })
    await expect(missing).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
    await symlink('/var/run/docker.sock', join(folder, 'two'))
    await symlink(join(folder, 'two'), join(folder, 'one'))
    await symlink('/etc', join(folder, 'etc'))
    for (const name of ['one', 'etc', 'etc/ssl']) {
      const task = { volumes: [[join(folder, name), '/x', 'ro']] as ContainerTask['volumes'] }
      await expect(run('true', task), name).rejects.toThrow(/volumes\[0\]\.source: '\S+' is not allowed, .* leads to/)
    }
    await expect(run('true', { udsPath: join(folder, 'etc') })).rejects.toThrow('udsPath')
    expect(
      await said('ls /x', { volumes: [[join(folder, 'etc'), '/x', 'ro']] }, { allowDangerousMounts: true }),
    ).toContain('passwd')
    await rm(folder, { recursive: true })
  })

  test('working directory, user, host name and environment', async () => {
    expect(await said('pwd', { workDir: '/root/..' })).toBe('/')
    expect(await said('id -u; id -g', { user: '1234:5678' })).toBe('1234\n5678')
    expect(await said('hostname', { disableNet: false })).toBe(hostname().slice(0, 63))
    expect(await said('hostname')).not.toBe(hostname())
    expect(await said('echo "$A|$B"', { env: { A: "it's\n'two' lines", B: '' } })).toBe("it's\n'two' lines|")
  })

  test('a syslog server that receives its output, with its tags', async () => {
    await using syslog = await startSyslog()
    const tags = { app: 'bakery', run: '7' }
    const { stdout } = await run('echo to the log; echo and aside >&2', { loggerConfig: { url: syslog.url, tags } })
    await Promise.all([syslog.holds('to the log'), syslog.holds('and aside')])
    // RFC 5424, facility user (1): priorities 14 for standard output, 11 for standard error.
    expect(syslog.received).toMatch(/<14>1 \S+ \S+ app=bakery,run=7 .*to the log/)
    expect(syslog.received).toMatch(/<11>1 \S+ \S+ app=bakery,run=7 .*and aside/)
    expect(stdout).toBe('to the log\n')
  })

  test('an unreachable syslog server fails the start', async () => {
    await expect(run('true', { loggerConfig: { url: 'tcp://127.0.0.1:1' } })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_START_FAILED',
      message: expect.stringMatching(/logging driver/),
    })
  })
})
