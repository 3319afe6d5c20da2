// Puts the examples into README.md, each into the block below the comment that names it: part of `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const readme = new URL('../README.md', import.meta.url)

/** The text with every block that names an example replaced by the example. */
export function embedExamples(text: string): string {
  return text.replace(/<!-- (examples\/\S+) -->\n```ts\n[\s\S]*?```/g, (_, name: string) => {
    const code = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
    return `<!-- ${name} -->\n\`\`\`ts\n${code}\`\`\``
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(readme, embedExamples(readFileSync(readme, 'utf8')))
}
