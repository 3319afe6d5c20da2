/** A promise that is settled from outside (`Promise.withResolvers` needs Node 22). A rejection nobody listens to is no crash. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  /** The first of `resolve` and `reject` counts. */
  resolve(value: T): void
  reject(error: unknown): void
  /** True once it has been resolved or rejected. */
  readonly settled: boolean
}

/** Makes one. */
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
