/** Text of others on one line, without the control characters by which it could steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return text.replace(/\s*\n\s*/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '�')
}

/** The same, with its lines kept. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
