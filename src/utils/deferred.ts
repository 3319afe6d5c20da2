/** A promise that is settled from outside (`Promise.withResolvers` needs Node 22). An unhandled rejection does not end the process. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  /** The first of `resolve` and `reject` counts. */
  resolve(value: T): void
  reject(error: unknown): void
  /** True after it was resolved or rejected. */
  readonly settled: boolean
}

/** Makes a deferred promise. */
export function deferred<T>(): Deferred<T> {
  let settled = false
  let settle: { resolve: (value: T) => void; reject: (error: unknown) => void } | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  promise.catch(() => {})
  return {
    promise,
    resolve: value => {
      settled = true
      settle?.resolve(value)
    },
    reject: error => {
      settled = true
      settle?.reject(error)
    },
    get settled() {
      return settled
    },
  }
}
