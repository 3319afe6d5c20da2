// Fails when the package is larger than it has to be: `node scripts/build/check-size.ts`, after a build.
import { execFileSync } from 'node:child_process'

/** A little above what it was when these were set: 1.06 MB packed, 2.77 MB unpacked, 356 files. */
const bounds = { size: 1_090_000, unpackedSize: 2_850_000, entryCount: 370 }

const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' }),
) as [{ readonly [measure in keyof typeof bounds]: number }]

for (const [measure, bound] of Object.entries(bounds) as [keyof typeof bounds, number][]) {
  if (packed[measure] <= bound) continue
  console.error(
    `The package is too large: ${measure} is ${packed[measure]}, and may be ${bound}. See scripts/build/check-size.ts`,
  )
  process.exitCode = 1
}
