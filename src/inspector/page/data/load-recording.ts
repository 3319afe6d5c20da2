import { Player } from './player.ts'
import { messagesIn } from './recording.ts'

/** Loads the recording that is served beside the page; undefined where there is nothing in it that can be played. */
export async function loadRecording(): Promise<Player | undefined> {
  try {
    const response = await fetch('recording')
    const player = new Player(messagesIn(await response.text()))
    return player.ends === 0 ? undefined : player
  } catch {
    return undefined
  }
}
