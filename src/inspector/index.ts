/**
 * What `cookietin/inspector` exports: the live page, and recordings.
 *
 * @module cookietin/inspector
 */
export type { Inspect } from '../utils/actors/inspectable.ts'
export { combineInspectors } from './combine.ts'
export { type Inspector, startInspector } from './inspector.ts'
export type { InspectorOptions, PageOptions } from './options.ts'
export { type Recording, startRecording } from './recording.ts'
export { openRecording, type Replay } from './replay.ts'
