/** Shorter values are not masked: they are parts of ordinary words, and too short for a secret. */
const minLength = 4

/** Returns `text` with every secret masked. */
export function redact(text: string, secrets: readonly string[] | undefined): string {
  let clean = text
  for (const secret of secrets ?? []) {
    if (secret.length >= minLength) clean = clean.replaceAll(secret, '•••')
  }
  return clean
}
