import type { TextWidth } from './label-text.ts'

/** By the browser's own letters, as they are drawn. */
export function textWidth(): TextWidth {
  const context = document.createElement('canvas').getContext('2d')
  const known = new Map<string, number>()
  return (text, size) => {
    const key = `${size} ${text}`
    const width = known.get(key)
    if (width !== undefined) return width
    // The heaviest in which it may be drawn: it must fit however it is emphasised.
    if (context !== null) context.font = `650 ${size}px ${getComputedStyle(document.body).fontFamily}`
    const measured = context?.measureText(text).width ?? text.length * size * 0.6
    known.set(key, measured)
    return measured
  }
}
