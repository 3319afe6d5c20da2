/**
 * Compares dotted version numbers: negative when `a` is older than `b`, 0 when they are equal, positive when it is
 * newer. `'20.10.24+dfsg1'` is compared by its leading numbers. A missing part counts as 0.
 */
export function compareVersions(a: string, b: string): number {
  const left = numbers(a)
  const right = numbers(b)
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function numbers(version: string): number[] {
  const [digits = ''] = /^\d+(\.\d+)*/.exec(version.replace(/^v/, '')) ?? []
  return digits === '' ? [] : digits.split('.').map(Number)
}
