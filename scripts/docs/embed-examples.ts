// Copies each example into the block below the comment that names it: part of `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The pages that have examples in them. */
export const pagesWithExamples = ['../../README.md', '../../docs/hot-functions.md'].map(
  path => new URL(path, import.meta.url),
)

/** Replaces every block below the name of an example by the example. */
export function embedExamples(text: string): string {
  return text.replace(/<!-- (examples\/\S+) -->\n```(\w+)\n[\s\S]*?```/g, (_, name: string, language: string) => {
    const code = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
    return `<!-- ${name} -->\n\`\`\`${language}\n${code}\`\`\``
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const page of pagesWithExamples) writeFileSync(page, embedExamples(readFileSync(page, 'utf8')))
}
