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
      <button
        type="button"
        class="button quiet search-button"
        onClick={openSearch}
        title="Search in all actors (s)"
        aria-label="Search"
      >
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <path d="M10.5 10.5 15 15 M12 6.5a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0Z" />
        </svg>
        <span>Search</span>
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
