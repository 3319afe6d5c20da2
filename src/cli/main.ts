#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { exitCodes } from './exit-codes.ts'
import { version } from './version.ts'

const [, , only, ...rest] = process.argv
if (rest.length === 0 && (only === '--version' || only === '-V')) {
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // A reader that is gone is not an error.
    if (code === 'EPIPE' || code === 'ECONNRESET') return
    process.stderr.write(`cookietin: cannot write to standard output: ${message}\n`)
    process.exitCode = exitCodes.unable
  })
  process.stdout.write(`${version()}\n`)
} else {
  keepCompiledCode()
  const { runCommandLine } = await import('./command-line.ts')
  await runCommandLine()
}

/**
 * Keeps the compiled code for the next start, where this Node.js can. In a folder of the user's own: whoever could write into it could make
 * this program run anything. `NODE_COMPILE_CACHE` names another one, `NODE_DISABLE_COMPILE_CACHE=1` turns it off.
 */
function keepCompiledCode(): void {
  const { XDG_CACHE_HOME, NODE_COMPILE_CACHE } = process.env
  const folder = NODE_COMPILE_CACHE ?? join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'cookietin')
  // Not in Node.js 20. A folder that cannot be written to is not an error.
  ;(enableCompileCache as typeof enableCompileCache | undefined)?.(folder)
}
