import { type ProcessConfig, resolveProcessConfig } from '../engines/process/config.ts'
import { createProcessEngine } from '../engines/process/engine.ts'
import type { Driver } from './driver.ts'
import { EngineDriver } from './engine-driver.ts'

/** Makes a driver that runs tasks as processes of this machine. */
export function openProcesses(config: ProcessConfig, env: NodeJS.ProcessEnv): Driver {
  return new EngineDriver(createProcessEngine(resolveProcessConfig(config, env)))
}
