// Development runs on the Node.js that the development dependency `node` brings by an install script. Where npm was told to
// run none, this has it run that one. Plain JavaScript: the Node.js that runs it may be an old one.
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
