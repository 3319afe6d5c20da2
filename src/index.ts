export type { DockerConfig, ProcessConfig, SeedConfig } from './config.ts'
export type { Cookie, CookieOptions, WaitResult } from './cookie.ts'
export type { ImageCacheUsage } from './docker/image-cache.ts'
export type { DriverTransition } from './docker/moves.ts'
export type { PreforkUsage } from './docker/prefork/pool.ts'
export type { DockerDriver, DockerDriverOptions } from './docker-driver.ts'
export type { CreateCookieOptions, Driver } from './driver.ts'
export { createDockerDriver, createProcessDriver } from './drivers.ts'
export {
  CookietinError,
  type CookietinErrorOptions,
  type ErrorCode,
  errorCodes,
  type FieldIssue,
  InvalidInputError,
} from './errors.ts'
export type { Execution, ExecutionHandle } from './executor/execution.ts'
export type { BytesTask, Executor, RunOptions, Tasks, TextTask } from './executor/executor.ts'
export type { ExecutorOptions } from './executor/options.ts'
export { createExecutor } from './executor/queue-executor.ts'
export type { HotFunction } from './hot/function.ts'
export type { InvokeRequest } from './hot/request.ts'
export type { FunctionSpec } from './hot/spec.ts'
export type { CallHeaders } from './hot/wire.ts'
export { type ImageName, parseImage } from './image-name.ts'
export { toMermaid } from './mermaid.ts'
export type { LayerProgress, PullProgress } from './pull-progress.ts'
export type { Captured, RunResult, RunStatus, Transition } from './result.ts'
export type { RunEnd, RunLog, RunRecorder } from './run-log.ts'
export { type CookieState, cookieStates, isSettled, type SettledState, settledStates } from './states.ts'
export { decodeStats, encodeStats } from './stats/codec.ts'
export { decimate } from './stats/decimate.ts'
export { type DecimateOptions, decimateSink } from './stats/decimate-sink.ts'
export { keepLatest } from './stats/keep-latest.ts'
export { rawSample } from './stats/raw.ts'
export type { Stat } from './stats/stat.ts'
export type {
  AuthCallback,
  ContainerTask,
  LoggerConfig,
  Mount,
  RegistryAuth,
  ResolvedTask,
  Size,
  TaskInput,
  Volume,
} from './task.ts'
