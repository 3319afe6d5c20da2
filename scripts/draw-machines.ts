// Draws every machine into docs/machines.md. `npm run docs` writes the page; a test keeps it true.
import { writeFile } from 'node:fs/promises'
import { cookieMachine } from '../machines/cookie.ts'
import { imageMachine } from '../machines/image.ts'
import { buddyMachine } from '../machines/namespace.ts'
import { slotMachine } from '../machines/slot.ts'
import { toMermaid } from '../src/utils/actors/mermaid.ts'

const machines = [
  {
    machine: cookieMachine,
    title: 'The cookie',
    text: `\`machines/cookie.ts\`: the life of one container run. Visible states are those of \`cookieStates\`; \`settling\` only picks
the settled state and is never seen. \`timeLeft\` counts the time spent in \`running\` and \`freezing\`; it stands while the cookie is
\`frozen\`. \`grace\` bounds how long \`stopping\` waits for the end to be seen.`,
  },
  {
    machine: imageMachine,
    title: 'The image',
    text: `\`machines/image.ts\`: one image made present on an engine, shared by all who want it with the same credentials. \`wanted\` and
\`judging\` only pick the next state and are never seen. \`delay\` doubles with each retry up to a bound, and is up to half less by chance; only
failures that may pass are retried.`,
  },
  {
    machine: slotMachine,
    title: 'The slot',
    text: `\`machines/slot.ts\`: one hot container, which serves one call at a time and is frozen between calls. \`idleLeft\` counts from the
end of the last call, whatever part of it the container was frozen. Whatever ends a slot, its container is killed as it is: a frozen one
does not run again.`,
  },
  {
    machine: buddyMachine,
    title: 'The buddy',
    text: `\`machines/namespace.ts\`: one buddy of the prefork pool, which holds a network namespace ready for a cookie to join. A namespace that is used up
or dead is removed and made anew; \`pause\` doubles, up to 10 s, with each failure in a row after the first.`,
  },
]

export const machinesPage = [
  '# The machines',
  'Drawn from the code by `npm run docs`; do not edit.',
  ...machines.map(
    ({ machine, title, text }) => `## ${title}\n\n${text}\n\n\`\`\`mermaid\n${toMermaid(machine)}\n\`\`\``,
  ),
  '',
].join('\n\n')

if (import.meta.main) await writeFile(new URL('../docs/machines.md', import.meta.url), machinesPage)
