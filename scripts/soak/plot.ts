import { type Quantity, type Reading, slope } from './readings.ts'

const panels: readonly (readonly [quantity: Quantity, title: string, unit: string])[] = [
  ['heap', 'heap in use after a collection', 'MiB'],
  ['rss', 'resident memory', 'MiB'],
  ['descriptors', 'open file descriptors', ''],
  ['handles', 'active handles', ''],
]

const [width, height, left, gap] = [720, 130, 60, 34]

/** Draws the readings as an SVG picture, a panel a quantity, each from 0. */
export function plot(readings: readonly Reading[], title: string): string {
  const total = panels.length * (height + gap) + gap
  const body = panels.map((panel, index) => panelOf(readings, panel, gap + index * (height + gap)))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Readings of a soak" viewBox="0 0 ${width} ${total}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/><text x="${left}" y="16" font-weight="bold">${title}</text>`,
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

function panelOf(readings: readonly Reading[], [quantity, title, unit]: (typeof panels)[number], top: number): string {
  const end = readings.at(-1)?.at ?? 1
  const most = Math.max(...readings.map(reading => reading[quantity])) * 1.1
  const x = (at: number) => left + (at / end) * (width - left - 20)
  const y = (value: number) => top + 14 + (1 - value / most) * (height - 14)
  const points = readings.map(reading => `${x(reading.at).toFixed(1)},${y(reading[quantity]).toFixed(1)}`)
  const hourly = slope(readings, quantity)
  const bottom = y(0).toFixed(1)
  return [
    `<text x="${left}" y="${top + 8}" fill="#333">${title}: ${hourly >= 0 ? '+' : ''}${hourly.toFixed(1)} ${unit} an hour</text>`,
    `<line x1="${left}" y1="${bottom}" x2="${width - 20}" y2="${bottom}" stroke="#999"/>`,
    `<text x="${left - 6}" y="${bottom}" text-anchor="end" fill="#666">0</text>`,
    `<text x="${left - 6}" y="${top + 24}" text-anchor="end" fill="#666">${Math.round(most)}</text>`,
    `<text x="${width - 20}" y="${Number(bottom) + 14}" text-anchor="end" fill="#666">${Math.round(end / 60)} min</text>`,
    `<polyline points="${points.join(' ')}" fill="none" stroke="#0a6ebd" stroke-width="1.5"/>`,
  ].join('\n')
}
