import picocolors from 'picocolors'

/** Functions that colour text. */
export type Colors = ReturnType<typeof picocolors.createColors>

/** Colours for a stream: by `NO_COLOR` and `FORCE_COLOR` where they are set, else where it is a terminal. */
export function colorsFor(isTerminal: boolean): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const wanted = NO_COLOR ? false : FORCE_COLOR ? FORCE_COLOR !== '0' : isTerminal && TERM !== 'dumb'
  return picocolors.createColors(wanted)
}
