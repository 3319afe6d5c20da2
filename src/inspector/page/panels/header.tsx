import type { Link } from '../data/session.ts'
import { perSecond } from '../view/format.ts'
import { openSearch } from '../view/search.ts'
import { type Theme, theme, turnTheme } from '../view/theme.ts'
import { nowOf, session, show } from '../view/view.ts'

const words: Readonly<Record<Link, string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Connection lost',
  ended: 'Ended',
  recording: 'Recording',
  broken: 'Cannot read',
}

export function Header() {
  const { link, paused, model } = session
  const word = words[link]
  return (
    <header class="top">
      <h1>
        <img src="icon.svg" alt="" width="22" height="22" />
        cookietin
        <span class="sub">inspector</span>
      </h1>
      <span class={`link link-${link}${paused ? ' link-paused' : ''}`} role="status">
        {paused ? (link === 'live' ? 'Paused' : `Paused · ${word}`) : word}
      </span>
      <span class="spring" />
      <span class="rate">
        <b>{perSecond(model.rate(nowOf()))}</b> ended/s
      </span>
      {(link === 'live' || paused) && (
        <button type="button" class="button" aria-pressed={paused} onClick={() => session.pause(!paused)} title="Space">
          {paused ? 'Resume' : 'Pause'}
        </button>
      )}
      <button type="button" class="button quiet" onClick={openSearch} title="Search in all actors (s)">
        Search
      </button>
      <button type="button" class="button quiet" onClick={turnTheme} title="Light, dark, or as the system (t)">
        {themeNames[theme()]}
      </button>
      <button
        type="button"
        class="button quiet"
        onClick={() => show({ help: true })}
        title="Keys (?)"
        aria-label="Help"
      >
        ?
      </button>
    </header>
  )
}

const themeNames: Readonly<Record<Theme, string>> = { light: 'Light', dark: 'Dark', auto: 'Auto' }
