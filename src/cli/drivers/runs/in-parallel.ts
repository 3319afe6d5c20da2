/** Makes a call for each item, `limit` of them at once. Resolves with the results in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  call: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  // All workers take from the same iterator.
  const entries = items.entries()
  const work = async () => {
    for (const [at, item] of entries) results[at] = await call(item)
  }
  await Promise.all(Array.from({ length: limit }, work))
  return results
}
