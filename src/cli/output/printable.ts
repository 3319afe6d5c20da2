/** Puts untrusted text on one line, without the control characters that a terminal would interpret. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is for control characters
  return text.replace(/\s*\n\s*/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '�')
}

/** Like {@link printable}, but keeps the lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
