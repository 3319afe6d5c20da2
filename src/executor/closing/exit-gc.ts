import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { GcAfterExit } from '../../engines/engine.ts'
import { currentOwner } from '../../utils/owner.ts'

/**
 * Starts `cookietin gc` in a process of its own, which waits for the end of this one and then removes what it left. An exit gives time for nothing
 * else. Each engine gets one, however many executors it has. Never throws.
 */
export function startGcs(calls: readonly GcAfterExit[]): void {
  const distinct = new Map(calls.map(call => [JSON.stringify(call), call]))
  for (const { driver, env } of distinct.values()) {
    try {
      const args = [commandLine(), 'gc', '--owner', currentOwner(), '--driver', driver]
      const child = spawn(process.execPath, args, { detached: true, stdio: 'ignore', env: { ...process.env, ...env } })
      child.on('error', () => {})
      child.unref()
    } catch {
      // What is left is found by the next driver, or by a `cookietin gc` of somebody else.
    }
  }
}

/** The path of the command line, as the package names it; in the sources, that of its source. */
function commandLine(): string {
  const path = createRequire(import.meta.url).resolve('cookietin/package.json')
  const { bin } = createRequire(path)(path) as { readonly bin: { readonly cookietin: string } }
  return join(dirname(path), import.meta.url.endsWith('.ts') ? 'src/cli/main.ts' : bin.cookietin)
}
