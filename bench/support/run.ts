// Runs one benchmark in a process of its own: `node bench/support/run.ts NAME FILE`. Prints its tables, and writes them to FILE as JSON.
import { writeFileSync } from 'node:fs'
import { markdown } from './markdown.ts'
import type { Benchmark } from './table.ts'

const [name = '', file = ''] = process.argv.slice(2)
const benchmark = (await import(new URL(`../${name}.ts`, import.meta.url).href)) as Benchmark
const tables = await benchmark.default()
for (const table of tables) console.log(markdown(table))
writeFileSync(file, JSON.stringify(tables))
process.exit()
