import picocolors from 'picocolors'

/** Functions that color text. */
export type Colors = ReturnType<typeof picocolors.createColors>

/**
 * The colors of a stream. `NO_COLOR` and `FORCE_COLOR` decide if they are set; otherwise only a terminal has colors.
 */
export function colorsFor(isTerminal: boolean): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const wanted = NO_COLOR ? false : FORCE_COLOR ? FORCE_COLOR !== '0' : isTerminal && TERM !== 'dumb'
  return picocolors.createColors(wanted)
}
