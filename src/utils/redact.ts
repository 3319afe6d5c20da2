/** Shorter values are too common a part of ordinary words to be masked, and too short to be a secret. */
const shortest = 4

/** `text` with every one of `secrets` masked. */
export function redact(text: string, secrets: readonly string[] | undefined): string {
  let clean = text
  for (const secret of secrets ?? []) {
    if (secret.length >= shortest) clean = clean.replaceAll(secret, '•••')
  }
  return clean
}
