/** An image reference in parts (the seed's `ParseImage` gives the first three). */
export interface ImageName {
  /** Host and port, or `''` where the reference names none. */
  readonly registry: string
  /** With `library/` for an official image. */
  readonly repository: string
  /** `'latest'` where the reference names neither tag nor digest. */
  readonly tag: string
  /** `sha256:…` where the reference names one; the seed dropped it. */
  readonly digest?: string
}
