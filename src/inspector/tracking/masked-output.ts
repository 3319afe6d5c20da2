import { stripVTControlCharacters } from 'node:util'
import { redact, redactCut } from '../../utils/redact.ts'

/** Every escape sequence but those that set colours, other control characters, and characters that reorder text. */
const harmful =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: These are what is removed.
  /\x1b(?!\[[\d;:]*m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** The escape sequences of a terminal. */
const sequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: They begin with a control character.
  /\x1b(?:\[[\d;:]*m|\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|[\x20-\x2f]*[\x30-\x7e])/g

const isColour = (sequence: string) => sequence.startsWith('\x1b[') && sequence.endsWith('m')

/**
 * Output of a program that is safe to show: secrets masked, with line feeds, tabs and colours (SGR sequences) as its only controls.
 * `isCut`: its beginning is missing.
 */
export function maskedOutput(text: string, secrets: readonly string[], isCut = false): string {
  const plainControls = text
    .replaceAll(/\r+\n?/g, '\n')
    .replaceAll(sequences, sequence => (isColour(sequence) ? sequence : ''))
    .replaceAll(harmful, '')
  const mask = (shown: string) => redactCut(redact(shown, secrets), secrets, isCut)
  const masked = mask(plainControls)
  // A secret with colours inside it is found without them.
  const plain = stripVTControlCharacters(masked)
  return mask(plain) === plain ? masked : mask(stripVTControlCharacters(plainControls))
}

/** The last line that is not empty, without colours; undefined where there is none. */
export function lastLine(masked: string): string | undefined {
  const line = stripVTControlCharacters(masked).trimEnd().split('\n').at(-1)?.trim()
  return line === '' ? undefined : line
}
