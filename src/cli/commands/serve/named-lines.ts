import { PrintableLines } from '../../output/printable-lines.ts'

/** Prefixes each line of one of several sources with its name. */
export class NamedLines extends PrintableLines {
  constructor(name: string, writeLine: (line: string) => void) {
    super(line => writeLine(`${name} | ${line}`))
  }
}
