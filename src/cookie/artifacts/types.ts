import type { CookietinError, ErrorJson } from '../../errors.ts'

/** One file or folder that was copied out of a container. */
export interface Artifact {
  /** Its absolute path in the container. */
  readonly path: string
  readonly type: 'file' | 'folder'
  /** Bytes; 0 for a folder. */
  readonly size: number
  /** Permission bits. Set-uid, set-gid and the sticky bit are left out. */
  readonly mode: number
  /** The bytes of a file. They can be read more than once. */
  readonly content: AsyncIterable<Uint8Array>
}

/** Something that was not copied. */
export interface RefusedArtifact {
  readonly path: string
  /** Why, as a phrase: `'symbolic link to /etc/shadow'`. */
  readonly reason: string
}

/** Artifacts in JSON: without their bytes. */
export interface ArtifactsJson {
  readonly entries: readonly Omit<Artifact, 'content'>[]
  readonly missing: readonly string[]
  readonly truncated: boolean
  readonly refused: readonly RefusedArtifact[]
  readonly error?: ErrorJson | undefined
}

/**
 * What was copied out of a container after its end: files and folders only, a folder before what is in it. The bytes are kept on this host
 * in a file without a name, which is freed when nothing refers to the artifacts, when they are disposed, and with the process.
 */
export interface Artifacts extends AsyncIterable<Artifact>, AsyncDisposable {
  /** Paths of the task's `artifacts` at which nothing was. */
  readonly missing: readonly string[]
  /** True when `maxArtifacts` bytes or `maxArtifactEntries` entries were reached. The rest of that path was not read; the paths after it were. */
  readonly truncated: boolean
  /** What was found and not copied, each as `{ path, reason }`: links, devices, names that lead outside, and what did not fit. */
  readonly refused: readonly RefusedArtifact[]
  /** Why nothing could be copied; reading the artifacts throws it. Undefined when it was copied. */
  readonly error: CookietinError | undefined
  /**
   * Writes the artifacts into a folder of this host, which is made where it is missing. Files and folders only, nothing outside of the folder,
   * and nothing through a link in it. An existing file is kept, and named among the refusals, unless `overwrite` is true.
   *
   * @throws CookietinError `ERR_COOKIETIN_ARTIFACTS_FAILED`
   *
   * @example
   * const { artifacts } = await executor.run({ image, artifacts: ['/app/out'] })
   * await artifacts.extractTo('./results') // /app/out/a.txt becomes ./results/out/a.txt
   */
  extractTo(folder: string, options?: ExtractOptions): Promise<Extraction>
  /** The artifacts without their bytes. Undefined for a task without artifacts. */
  toJSON(): ArtifactsJson | undefined
}

/** Options of {@link Artifacts.extractTo}. */
export interface ExtractOptions {
  /**
   * The folder of the container that becomes the given one; what is outside of it is left out. A file's own path gives that file its name.
   *
   * @default the folder that holds all of the task's artifacts
   */
  readonly from?: string | undefined
  /**
   * True replaces existing files. Folders are kept, and links are never followed.
   *
   * @default false
   */
  readonly overwrite?: boolean | undefined
}

/** What was written. */
export interface Extraction {
  /** Absolute paths of the files on this host. */
  readonly files: readonly string[]
  /** What was not written, with what was not copied out of the container in the first place. */
  readonly refused: readonly RefusedArtifact[]
}
