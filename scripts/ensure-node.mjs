// Development uses the Node.js of the development dependency `node`, which an install script downloads. If npm skips
// install scripts, this runs that script. Plain JavaScript, because an older Node.js may run it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
if (!existsSync(`${root}node_modules/node`))
  throw new Error('The development dependencies are missing: run `npm ci` first')
if (!existsSync(`${root}node_modules/node/bin/node`)) {
  const args = ['rebuild', 'node', '--ignore-scripts=false']
  spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
}
