// Draws every machine into docs/machines.md. `npm run docs` writes the page; a test compares it with the code.
import { writeFile } from 'node:fs/promises'
import { cookieMachine } from '../../machines/cookie.ts'
import { imageMachine } from '../../machines/image.ts'
import { namespaceMachine } from '../../machines/namespace.ts'
import { runMachine } from '../../machines/run.ts'
import { slotMachine } from '../../machines/slot.ts'
import { spareMachine } from '../../machines/spare.ts'
import { toMermaid } from '../../src/utils/actors/mermaid.ts'

const machines = [
  {
    machine: cookieMachine,
    title: 'The cookie',
    text: `\`machines/cookie.ts\`: the life of one container run. \`cookie.state\` is the innermost state, one of \`cookieStates\`.
Every way out leads to \`settled\`, whose first step decides how the run ended: by the first cause recorded, then by the exit.
The \`timeout\` counts the time in \`executing\`; it stands still while the cookie is \`frozen\`. \`grace\` bounds how long
\`stopping\` waits for the end, \`stopGrace\` how long \`terminating\` waits before a kill; without one, a run is killed at once.`,
  },
  {
    machine: runMachine,
    title: 'The run',
    text: `\`machines/run.ts\`: a task with \`retry\`, and its attempts, each of which is a cookie. A task without \`retry\` is one cookie and has no
such machine. The wait doubles with each attempt up to a bound, and is up to half shorter by chance.`,
  },
  {
    machine: imageMachine,
    title: 'The image',
    text: `\`machines/image.ts\`: one image made present on an engine, shared by all tasks that need it with the same credentials.
\`choosing\` and \`judging\` only pick the next state, so they are not seen from outside. \`delay\` doubles with each retry
up to a bound, and is up to half shorter by chance. Only failures that a retry may overcome are retried.`,
  },
  {
    machine: slotMachine,
    title: 'The slot',
    text: `\`machines/slot.ts\`: one hot container, which serves one call at a time and is frozen between calls. \`idleTimeout\` counts
from the end of the last call, thawed or frozen. A slot that ends has its container killed as it is: a frozen one does not run again.`,
  },
  {
    machine: namespaceMachine,
    title: 'The namespace',
    text: `\`machines/namespace.ts\`: one network namespace of the prefork pool, held ready for a cookie to join. A namespace that is
used up, dead, or free and of a kind that is no longer asked for is removed and made anew. \`pause\` doubles with each failure in a row after the first, up to 10 s.`,
  },
  {
    machine: spareMachine,
    title: 'The spare container',
    text: `\`machines/spare.ts\`: one place for a spare container, which waits there for a cookie that adopts it. The place is empty until the cookie
has begun; then the next container is made. One that dies or whose image has changed is removed and made anew.`,
  },
]

export const machinesPage = [
  '# The machines',
  'Drawn from the code by `npm run docs`; do not edit.',
  'A box is a composite state. An arrow from a box leaves whichever state in it is active.',
  ...machines.map(
    ({ machine, title, text }) => `## ${title}\n\n${text}\n\n\`\`\`mermaid\n${toMermaid(machine)}\n\`\`\``,
  ),
  '',
].join('\n\n')

if (import.meta.main) await writeFile(new URL('../../docs/machines.md', import.meta.url), machinesPage)
