// Compares the figures of two commits: `npm run bench:compare A.json B.json`. Names what got slower from A to B by more than its spread,
// and exits with 1 then.
import { readFileSync } from 'node:fs'
import { type Figures, slower } from '../bench/support/slower.ts'

const [before, after] = process.argv.slice(2)
if (before === undefined || after === undefined) {
  console.error('Usage: npm run bench:compare A.json B.json')
  process.exit(2)
}
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Figures
const { compared, found } = slower(read(before), read(after))
for (const line of found) console.log(line)
console.log(`${compared} figures compared, ${found.length} slower`)
process.exitCode = found.length > 0 ? 1 : 0
