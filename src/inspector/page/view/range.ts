/** A range of time, Unix ms. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** The shortest range, in ms. */
const shortest = 5

/** A range zoomed around a time that stays in place. It is at most somewhat longer than the whole. */
export function zoomed({ from, to }: Range, whole: Range, factor: number, at = (from + to) / 2): Range {
  const span = Math.min(Math.max(shortest, (to - from) * factor), (whole.to - whole.from) * 1.2)
  const start = at - ((at - from) / (to - from)) * span
  return { from: start, to: start + span }
}

/** A range moved by a part of its length. */
export const moved = ({ from, to }: Range, part: number): Range => ({
  from: from + (to - from) * part,
  to: to + (to - from) * part,
})
