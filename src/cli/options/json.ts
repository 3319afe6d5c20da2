/**
 * Where a text is not JSON, to follow "not JSON": ` at character 12`, or an empty string. The error's own message quotes
 * the text, which may hold a secret.
 */
export function jsonErrorPlace(error: unknown): string {
  const [, position] = /at position (\d+)/.exec(error instanceof Error ? error.message : '') ?? []
  return position === undefined ? '' : ` at character ${Number(position) + 1}`
}
