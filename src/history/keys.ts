import { randomBytes } from 'node:crypto'

/** The beginning of the keys of this time (Unix ms): what is older sorts before it. */
export const keyAt = (time: number): string => Math.max(0, Math.ceil(time)).toString(36).padStart(9, '0')

/** Makes keys that sort by the time that they are made for, then by a counter. The random part tells processes apart. */
export function keyMaker(): (time: number) => string {
  const random = randomBytes(4).toString('hex')
  let last = 0
  return time => {
    last++
    return `${keyAt(time)}${last.toString(36).padStart(6, '0')}${random}`
  }
}
