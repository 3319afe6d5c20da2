import type { Inspectable, TaskFacts } from '../../utils/actors/inspectable.ts'
import type { ActorInfo } from '../protocol.ts'
import { showable } from './payload.ts'

/** How many words of a command, and how many labels, are shown. */
const most = 50

/** What is known of an actor besides its machine, as it is shown. It holds nothing of the actor itself, so it is kept beyond its end. */
export class Description {
  readonly secrets: readonly string[]
  readonly task: TaskFacts | undefined
  /** Runs the task again, and returns the id of the new run. Undefined where it cannot, or may not. */
  readonly again: (() => string) | undefined
  readonly info: Pick<ActorInfo, 'image' | 'command' | 'labels' | 'hasTask' | 'members' | 'controllable' | 'repeatable'>

  /** `members`: the keys of its members. `control`: it may be run again. */
  constructor(inspectable: Inspectable, members: readonly number[], control: boolean) {
    const { secrets = [], task, image, command = [], labels = {}, cancel, again } = inspectable
    this.secrets = secrets
    this.task = task
    this.again = control ? again : undefined
    const words = command.slice(0, most).join(' ')
    const pairs = Object.entries(labels).slice(0, most)
    const mask = (text: string) => String(showable(text, secrets))
    this.info = {
      ...(image === undefined ? {} : { image }),
      ...(words === '' ? {} : { command: mask(words) }),
      ...(pairs.length === 0 ? {} : { labels: pairs.map(([name, value]) => mask(`${name}=${value}`)) }),
      ...(task === undefined ? {} : { hasTask: true }),
      ...(members.length === 0 ? {} : { members }),
      ...(cancel === undefined ? {} : { controllable: true }),
      ...(this.again === undefined ? {} : { repeatable: true }),
    }
  }
}
