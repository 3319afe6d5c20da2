/**
 * What `cookietin/engine` exports: the engine port, a driver on it, and the tests that every engine passes.
 *
 * @module cookietin/engine
 */
export type { Exit } from '../../machines/types/cookie.ts'
export type { ConformanceCommands } from '../engines/conformance/commands.ts'
export { type ConformanceOptions, type ConformanceTest, engineConformance } from '../engines/conformance/suite.ts'
export type {
  ContainerEvents,
  ContainerStreams,
  Engine,
  EngineContainer,
  FileEntry,
  FileSource,
  FoundEntry,
  GcAfterExit,
  OutputSink,
} from '../engines/engine.ts'
export type { PullProgress } from '../engines/pull-progress.ts'
export type { ResolvedTask } from '../task/resolved-task.ts'
export { createDriver, type EngineDriverOptions } from './engine-driver.ts'
