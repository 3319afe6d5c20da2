/** A promise that is settled from outside (`Promise.withResolvers` needs Node 22). A rejection nobody listens to is no crash. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  /** The first of `resolve` and `reject` counts. */
  resolve(value: T): void
  reject(error: unknown): void
}

/** Makes one. */
export function deferred<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, 'resolve' | 'reject'> = { resolve() {}, reject() {} }
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  promise.catch(() => {})
  return { promise, ...settle }
}
