import { resolveProcessConfig } from '../../../src/engines/process/config.ts'
import { createProcessEngine } from '../../../src/engines/process/engine.ts'
import { localCommands } from '../../support/engine/local-commands.ts'
import { conformance } from './conformance.ts'

conformance('process', {
  engine: () => createProcessEngine(resolveProcessConfig({ outputTimeout: 500 }, {})),
  commands: localCommands,
})
