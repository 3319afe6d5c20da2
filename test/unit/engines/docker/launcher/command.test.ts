import { expect, test } from 'vitest'
import { createOptions } from '../../../../../src/engines/docker/create-options/build.ts'
import type { CreateOptions } from '../../../../../src/engines/docker/create-options/create-options.ts'
import { commandOf } from '../../../../../src/engines/docker/launcher/command.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'

const defaults = { enableTini: true, pids: 256, enableReadonlyRootfs: false, maxTmpfsInodes: 0, hostname: undefined }
const image = { entrypoint: ['/entry'], command: ['default'], workDir: '/app' }

const optionsOf = (task: object): CreateOptions =>
  createOptions(resolveTask({ image: 'busybox', ...task }), defaults, {})
const argv = (task: object, own = image) => commandOf(optionsOf(task), own, false)?.argv

test.each([
  [{}, ['/entry', 'default']],
  [{ command: ['a', 'b'] }, ['/entry', 'a', 'b']],
  [{ entrypoint: ['e', 'f'] }, ['e', 'f']],
  [{ entrypoint: ['e'], command: ['a'] }, ['e', 'a']],
  [{ entrypoint: null, command: ['a'] }, ['a']],
])('the command of %o is that of the engine', (task, expected) => {
  expect(argv(task)).toEqual(expected)
})

test('there is no command where neither the task nor the image has one', () => {
  expect(argv({}, { entrypoint: [], command: [], workDir: '' })).toBeUndefined()
})

test('the working directory is that of the task, else of the image', () => {
  expect(commandOf(optionsOf({ workDir: '/w' }), image, false)?.workDir).toBe('/w')
  expect(commandOf(optionsOf({}), image, false)?.workDir).toBe('/app')
})

test('a variable without a value, which removes one of the image, is left to the engine', () => {
  const options = optionsOf({ env: { A: '1' } })
  expect(commandOf(options, image, true)).toMatchObject({ env: ['A=1'], hasInput: true, hasMemoryLimit: false })
  options.Env.push('PATH')
  expect(commandOf(options, image, true)).toBeUndefined()
})

test('a memory limit is told', () => {
  expect(commandOf(optionsOf({ memory: '64m' }), image, false)?.hasMemoryLimit).toBe(true)
})
