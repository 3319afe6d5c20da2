import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { TaskStream } from '../../../../../src/cli/commands/batch/task-stream.ts'

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cookietin-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

test('a file that is there is replaced', async () => {
  const path = join(await folderOf(), 'stdout')
  await writeFile(path, 'a longer text of before')
  const stream = new TaskStream({ path })
  stream.write('new')
  await stream.close()
  expect(await readFile(path, 'utf8')).toBe('new')
})

test.each(['fifo', 'device'])('a %s is refused, and nothing waits for its reader', async kind => {
  const path = join(await folderOf(), 'stdout')
  if (kind === 'fifo') execFileSync('sh', ['-c', 'mkfifo "$0"', path])
  else await symlink('/dev/null', path)
  const stream = new TaskStream({ path })
  stream.write('x')
  await expect(stream.close()).rejects.toThrow(`${path} is not an ordinary file`)
})
