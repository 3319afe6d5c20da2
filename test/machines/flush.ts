/** Lets promise actors report to their parent. */
export const flush = () => new Promise<void>(resolve => setImmediate(resolve))
