export type Theme = 'auto' | 'light' | 'dark'

const key = 'cookietin-theme'
const order: readonly Theme[] = ['auto', 'light', 'dark']

/** The chosen theme. */
export function theme(): Theme {
  const chosen = document.documentElement.dataset.theme
  return order.find(known => known === chosen) ?? 'auto'
}

function setTheme(chosen: Theme): void {
  document.documentElement.dataset.theme = chosen
  try {
    localStorage.setItem(key, chosen)
  } catch {
    // The browser stores nothing, as in a private window: the theme holds for this visit.
  }
}

export const turnTheme = (): void => setTheme(order[(order.indexOf(theme()) + 1) % order.length] ?? 'auto')

export function restoreTheme(): void {
  try {
    const chosen = localStorage.getItem(key)
    setTheme(order.find(known => known === chosen) ?? 'auto')
  } catch {
    // Nothing is stored: the theme is the system's.
  }
}
