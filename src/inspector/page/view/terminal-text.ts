import Anser from 'anser'

/** A piece of output in one style. */
export interface StyledText {
  readonly text: string
  /** Class names. */
  readonly style: string
}

const decorations = new Set(['bold', 'dim', 'italic', 'underline', 'strikethrough'])

/** Output with colours as pieces. Only the 16 colours of a terminal are drawn: they are legible on the page. */
export function styledText(text: string): StyledText[] {
  return Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true }).map(
    ({ content, fg, bg, decorations: marks }) => ({
      text: content,
      style: [
        ...marks.filter(mark => decorations.has(mark)).map(mark => `t-${mark}`),
        ...(isNamed(bg) ? ['t-ground'] : []),
        ...(isNamed(fg) ? [fg] : []),
      ].join(' '),
    }),
  )
}

const isNamed = (colour: string | null): boolean =>
  /^ansi-(bright-)?[a-z]+$/.test(colour ?? '') && colour !== 'ansi-truecolor'

/** The lines of a text that hold a search text, colours aside, without regard to case. An empty one finds all. */
export function matchingLines(text: string, search: string): string[] {
  const wanted = search.trim().toLowerCase()
  const lines = text.split('\n')
  if (wanted === '') return lines
  return lines.filter(line => plainOf(line).toLowerCase().includes(wanted))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: Colours are escape sequences.
const plainOf = (line: string): string => line.replaceAll(/\x1b\[[\d;:]*m/g, '')
