/** How wide a text is in a font of a size, in px. */
export type TextWidth = (text: string, size: number) => number

/** An event that leads along an arrow, in words. */
export interface Word {
  readonly text: string
  /** The machine's own name of it; empty for what follows by itself. */
  readonly event: string
  /** How often the arrow was taken, where that is said behind it. */
  readonly times?: number
}

/** A label, broken into lines. */
export type Way = readonly (readonly Word[])[]

export const labelSize = 12
export const lineHeight = 14
/** How many letters stand in one line, if the words can be parted: in the way that is best, and in others for where there is no room for that. */
const lengths = [20, 10, 34]

/** What a line says. */
export const textOf = (line: readonly Word[]): string => line.map(wordOf).join(', ')

export const wordOf = ({ text, times }: Word): string => (times === undefined ? text : `${text} ×${times}`)

/** The ways in which a label can be broken into lines, each once; none for no words. */
export function waysOf(words: readonly Word[]): Way[] {
  const ways: Way[] = []
  if (words.length === 0) return ways
  for (const length of lengths) {
    const way = broken(words, length)
    if (!ways.some(known => known.length === way.length)) ways.push(way)
  }
  return ways
}

function broken(words: readonly Word[], length: number): Way {
  const lines: Word[][] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last === undefined || textOf([...last, word]).length > length) lines.push([word])
    else last.push(word)
  }
  return lines
}

/** How large a label is, with some air around it. */
export const boxOf = (way: Way, widthOf: TextWidth) => ({
  width: Math.max(...way.map(line => widthOf(textOf(line), labelSize))) + 6,
  height: way.length * lineHeight + 2,
})
