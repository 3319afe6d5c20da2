import { useEffect, useState } from 'preact/hooks'
import type { Player } from '../data/player.ts'
import { clock, duration } from '../view/format.ts'
import { useKeys } from '../view/list/row-keys.ts'
import { session } from '../view/view.ts'

const speeds = [0.25, 1, 4, 16]
/** The interval at which a playing recording advances, in ms. */
const beat = 50

/** Plays a recording, and moves to any time of it. */
export function PlayerBar({ player }: { readonly player: Player }) {
  const [playing, play] = useState(false)
  const [speed, setSpeed] = useState(1)
  useEffect(() => {
    if (!playing) return
    const timer = setInterval(() => {
      session.seek(player.at + beat * speed)
      if (player.at >= player.ends) play(false)
    }, beat)
    return () => clearInterval(timer)
  }, [playing, speed, player])
  const toggle = () => {
    if (!playing && player.at >= player.ends) session.seek(player.began)
    play(!playing)
  }
  useKeys(() => ({ ' ': toggle }))
  return (
    <section class="player" aria-label="Recording">
      <button type="button" class="button" onClick={toggle} title="Space">
        {playing ? 'Stop' : 'Play'}
      </button>
      <input
        type="range"
        aria-label="Time in the recording"
        aria-valuetext={duration(player.at - player.began)}
        min={player.began}
        max={player.ends}
        step="any"
        value={player.at}
        onInput={event => {
          play(false)
          session.seek(Number(event.currentTarget.value))
        }}
      />
      <span class="time" title={clock(player.at)}>
        {duration(player.at - player.began)} / {duration(player.ends - player.began)}
      </span>
      <label>
        <span class="hidden">Speed</span>
        <select value={speed} onChange={event => setSpeed(Number(event.currentTarget.value))}>
          {speeds.map(value => (
            <option key={value} value={value}>
              {value}×
            </option>
          ))}
        </select>
      </label>
    </section>
  )
}
