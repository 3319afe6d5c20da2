/**
 * What `cookietin` exports: drivers, the executor, samples and errors.
 *
 * @module cookietin
 */
export {
  type CookieState,
  cookieStates,
  isSettled,
  type SettledState,
  settledStates,
} from '../machines/cookie-states.ts'
export type {
  Artifact,
  Artifacts,
  ArtifactsJson,
  Extraction,
  ExtractOptions,
  RefusedArtifact,
} from './cookie/artifacts/types.ts'
export type { Cookie, CookieOptions, WaitResult } from './cookie/cookie.ts'
export type {
  Captured,
  FailureResult,
  RunRecord,
  RunResult,
  RunStatus,
  SuccessResult,
  Transition,
  TransitionEvent,
  Usage,
} from './cookie/result.ts'
export { createDockerDriver, createProcessDriver } from './driver/create-driver.ts'
export type { DockerDriver, DockerDriverOptions } from './driver/docker-driver.ts'
export type { CreateCookieOptions, Driver } from './driver/driver.ts'
export type { PullOptions } from './driver/pull.ts'
export type { DockerConfig, FnConfig } from './engines/docker/config/docker-config.ts'
export type { SpareOptions } from './engines/docker/config/spares.ts'
export type { ImageCacheUsage } from './engines/docker/image/cache.ts'
export type { PreforkUsage } from './engines/docker/network/pool.ts'
export type { DriverTransition } from './engines/docker/transitions.ts'
export type { SpareUsage } from './engines/engine.ts'
export type { ProcessConfig } from './engines/process/config.ts'
export type { LayerProgress, PullProgress } from './engines/pull-progress.ts'
export {
  CookietinError,
  type CookietinErrorOptions,
  type ErrorCode,
  type ErrorJson,
  errorCodes,
  type FieldIssue,
  InvalidInputError,
} from './errors.ts'
export type { CloseEvent } from './executor/closing/close-on.ts'
export type { Execution, ExecutionHandle } from './executor/execution.ts'
export type {
  BytesTask,
  Executor,
  RunAllOptions,
  RunOptions,
  SettledRun,
  SettleOptions,
  TaskChanges,
  Tasks,
  Template,
  TemplateOptions,
  TextTask,
} from './executor/executor.ts'
export type {
  ContainerObserver,
  ExecutorObserver,
  Instrumentation,
  ObservedContainer,
  ObservedExecutor,
} from './executor/observers/instrumentation.ts'
export type { RunEnd, RunLog, RunRecorder } from './executor/observers/run-log.ts'
export type { ExecutorOptions } from './executor/options.ts'
export { createExecutor } from './executor/queue-executor.ts'
export type { CallObserver, CallRecord, ObservedCall } from './functions/call/record.ts'
export type { HotFunction } from './functions/function.ts'
export type { CallHeaders } from './functions/http/headers.ts'
export type { InvokeRequest } from './functions/http/request.ts'
export type { SlotState } from './functions/slot/slot.ts'
export type { FunctionSpec } from './functions/spec.ts'
export { decodeStats, encodeStats } from './stats/codec.ts'
export { decimate } from './stats/decimate.ts'
export { type DecimateOptions, decimateSink } from './stats/decimate-sink.ts'
export { keepLatest } from './stats/keep-latest.ts'
export { rawSample } from './stats/raw.ts'
export type { MetricName, Metrics, Stat } from './stats/stat.ts'
export type { Capability } from './task/engine/capabilities.ts'
export type {
  ContainerOptionsHook,
  CreateOptions,
  DeviceRequest,
  HostOptions,
  MountOptions,
} from './task/engine/create-options.ts'
export { type ImageName, parseImage } from './task/image-name.ts'
export type { Mount, ResolvedFile, ResolvedTask, TmpfsMount, VolumeMount } from './task/resolved-task.ts'
export type { FailedAttempt, ResolvedRetry, RetryOptions } from './task/retry/types.ts'
export type {
  AuthCallback,
  ContainerTask,
  InputFactory,
  LoggerConfig,
  NamedVolume,
  OnStat,
  OutputEncoding,
  PullPolicy,
  RegistryAuth,
  Size,
  StopOptions,
  TaskFile,
  TaskInput,
  TmpfsSize,
  Ulimit,
  Volume,
  VolumeMode,
} from './task/task.ts'
export { toMermaid } from './utils/actors/mermaid.ts'
