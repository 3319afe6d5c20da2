/** How wide a text is in a font of a size, in px. */
export type TextWidth = (text: string, size: number) => number

/** An event that leads along an arrow, in words. */
export interface Word {
  readonly text: string
  /** The machine's own name of it; empty for a transition without an event. */
  readonly event: string
}

export const labelSize = 12
export const lineHeight = 14
/** The most letters in one line of more than one word. */
const longestLine = 20

/** The text of a line. */
export const textOf = (line: readonly Word[]): string => line.map(({ text }) => text).join(', ')

/** A label, broken into lines between its words. */
export function linesOf(words: readonly Word[]): readonly (readonly Word[])[] {
  const lines: Word[][] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last === undefined || textOf([...last, word]).length > longestLine) lines.push([word])
    else last.push(word)
  }
  return lines
}

/** The size of a label, with some space around it. */
export const sizeOf = (words: readonly Word[], widthOf: TextWidth) => {
  const lines = linesOf(words)
  return {
    width: Math.ceil(Math.max(0, ...lines.map(line => widthOf(textOf(line), labelSize)))) + 8,
    height: lines.length * lineHeight + 2,
  }
}
