/** Shorter texts occur in ordinary words too often to be masked. */
const shortest = 4

const mask = '•••'

/** Returns `text` with every secret masked, in each form in which an engine or a program may print it. */
export function redact(text: string, secrets: readonly string[] | undefined): string {
  if (secrets === undefined || secrets.length === 0) return text
  let clean = text
  for (const form of formsOf(secrets)) clean = clean.replaceAll(form, mask)
  return clean
}

/** Returns a value of JSON with every secret masked in its texts, and in the names of its fields. */
export function redactJson(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return redact(value, secrets)
  if (Array.isArray(value)) return value.map(item => redactJson(item, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [redact(name, secrets), redactJson(field, secrets)]),
  )
}

/**
 * Masks what is left of a secret at an edge of a text: at its end, where the rest may still follow, and at its beginning where `isCut`. Fragments of
 * fewer than four characters stay.
 */
export function redactCut(text: string, secrets: readonly string[], isCut: boolean): string {
  let [begin, end] = [0, text.length]
  for (const form of formsOf(secrets)) {
    for (let length = form.length - 1; length >= shortest; length--) {
      if (isCut && length > begin && text.startsWith(form.slice(-length))) begin = length
      if (length > text.length - end && text.endsWith(form.slice(0, length))) end = text.length - length
    }
  }
  if (begin === 0 && end === text.length) return text
  return `${begin > 0 ? mask : ''}${text.slice(begin, Math.max(begin, end))}${end < text.length ? mask : ''}`
}

// An inspector masks every text of every step with the same list.
const known = new WeakMap<readonly string[], readonly string[]>()

/** The forms of secrets, longest first, so that no part of a longer one stays. */
function formsOf(secrets: readonly string[]): readonly string[] {
  const before = known.get(secrets)
  if (before !== undefined) return before
  const written = new Set(secrets.flatMap(secret => [secret, ...linesOf(secret)]).flatMap(writtenForms))
  const forms = [...written].filter(form => form.length >= shortest).sort((a, b) => b.length - a.length)
  known.set(secrets, forms)
  return forms
}

/** A secret of many lines, such as a PEM key, is often printed line by line. */
function linesOf(secret: string): string[] {
  return secret
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line.length >= 2 * shortest)
}

/** As it is, quoted by JSON, by Go (`%q`) and by a shell, and as a part of a URL. */
function writtenForms(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  return [
    secret,
    json,
    goQuoted(secret),
    // An engine's message is often JSON inside of JSON.
    JSON.stringify(json).slice(1, -1),
    secret.replaceAll("'", `'\\''`),
    urlPart(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ]
}

const goEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

function goQuoted(secret: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go escapes control characters.
  return secret.replaceAll(/["\\\x00-\x1f\x7f]/g, character => {
    const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')
    return goEscapes[character] ?? `\\x${hex}`
  })
}

function urlPart(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    return secret
  }
}
