import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { currentOwner, ownerIsAlive, ownerState } from '../../../src/utils/owner.ts'

const onLinux = existsSync('/proc/self/stat')

/** The owner token of another Node.js process, which then waits for its stdin to end. */
async function otherProcess() {
  const script = `import { currentOwner } from '${new URL('../../../src/utils/owner.ts', import.meta.url).href}'
    console.log(currentOwner()); process.stdin.resume()`
  const child = spawn(
    process.execPath,
    ['--experimental-strip-types', '--no-warnings', '--input-type=module', '-e', script],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, token: line.toString().trim() }
}

describe.skipIf(!onLinux)('owner', () => {
  it('is the same at every call, and alive', () => {
    expect(currentOwner()).toBe(currentOwner())
    expect(currentOwner()).toMatch(/^[0-9a-f-]{36}\/\d+\/\d+\/\d+$/)
    expect(ownerState(currentOwner())).toBe('alive')
  })

  it('distinguishes a living process from a dead one', async () => {
    const { child, token } = await otherProcess()
    expect(ownerState(token)).toBe('alive')
    child.stdin.end()
    await once(child, 'exit')
    expect(ownerState(token)).toBe('dead')
    expect(ownerIsAlive(token)).toBe(false)
  })

  it('does not take a process with the same pid for the owner', () => {
    const [boot, pid, start, namespace] = currentOwner().split('/')
    expect(ownerState([boot, pid, Number(start) - 1, namespace].join('/'))).toBe('dead')
  })

  it('never reports an invisible process as dead', () => {
    const [boot, pid, start] = currentOwner().split('/')
    expect(ownerState(`00000000-0000-0000-0000-000000000000/${pid}/${start}/1`)).toBe('otherBoot')
    expect(ownerState(`${boot}/${pid}/${start}/1`)).toBe('otherNamespace')
    for (const token of ['', '-', 'x', '-/1/-/-', `${boot}`, `${boot}/-/${start}`, `${boot}/../self`]) {
      expect(ownerIsAlive(token), token).toBe(true)
    }
  })
})
