/** A stretch of time, Unix ms. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Less than this is not worth looking at, in ms. */
const shortest = 5

/** A stretch made shorter or longer around a time that stays where it is; no longer than all there is, with some air. */
export function zoomed({ from, to }: Range, whole: Range, factor: number, at = (from + to) / 2): Range {
  const span = Math.min(Math.max(shortest, (to - from) * factor), (whole.to - whole.from) * 1.2)
  const start = at - ((at - from) / (to - from)) * span
  return { from: start, to: start + span }
}

/** A stretch moved by a part of itself. */
export const moved = ({ from, to }: Range, part: number): Range => ({
  from: from + (to - from) * part,
  to: to + (to - from) * part,
})
