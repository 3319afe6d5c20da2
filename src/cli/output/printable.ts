// C0, DEL and C1 controls, and the marks that change the direction of text, by which it can seem to be another.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is for control characters
const harmful = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Puts untrusted text on one line, without the characters that a terminal would interpret. */
export function printable(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(harmful, '�')
}

/** Like {@link printable}, but keeps the lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

/** Formats a value as JSON in one line, with the characters that a terminal would interpret escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    harmful,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
