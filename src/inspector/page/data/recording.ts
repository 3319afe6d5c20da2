import type { Message } from '../../protocol.ts'
import { Player } from './player.ts'

/** Loads the recording that is served with the page; undefined where it has nothing to play. */
export async function loadRecording(): Promise<Player | undefined> {
  try {
    const response = await fetch('recording')
    const player = new Player(messagesIn(await response.text()))
    return player.ends === 0 ? undefined : player
  } catch {
    return undefined
  }
}

/**
 * The messages of a recording. Incomplete lines are left out: the process may have been killed, or the disk full, while
 * one was written. Missing messages show in the sequence numbers of the others.
 */
export function messagesIn(text: string): Message[] {
  return text.split('\n').flatMap(line => {
    try {
      const value: unknown = JSON.parse(line)
      return isMessage(value) ? [value] : []
    } catch {
      return []
    }
  })
}

function isMessage(value: unknown): value is Message {
  if (!isObject(value)) return false
  switch (value.type) {
    case 'hello':
      return true
    case 'end':
      return typeof value.now === 'number'
    case 'snapshot':
      return isTimed(value) && isObject(value.machines) && isListOf(value.actors, isActor)
    case 'delta':
      return (
        isTimed(value) &&
        isListOf(value.actors ?? [], isActor) &&
        isListOf(value.steps ?? [], isStep) &&
        isListOf(value.samples ?? [], Array.isArray) &&
        isListOf(value.gone ?? [], key => typeof key === 'number')
      )
    default:
      return false
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const isTimed = ({ seq, now, totals }: Record<string, unknown>) =>
  typeof seq === 'number' &&
  typeof now === 'number' &&
  isObject(totals) &&
  isObject(totals.states) &&
  isObject(totals.statuses)

const isListOf = (list: unknown, isOne: (value: unknown) => boolean) => Array.isArray(list) && list.every(isOne)

const isActor = (value: unknown) =>
  isObject(value) &&
  typeof value.key === 'number' &&
  [value.id, value.machine, value.initial, value.state].every(text => typeof text === 'string') &&
  isListOf(value.path, Array.isArray)

const isStep = (value: unknown) =>
  isObject(value) &&
  [value.key, value.n, value.at].every(number => typeof number === 'number') &&
  [value.from, value.to, value.event].every(text => typeof text === 'string')
