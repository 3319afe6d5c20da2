import { type Rule, whole } from '../utils/validation/rules.ts'

/** How many spare containers of one kind are held ready at most. */
export const mostSpares = 256

/** How many spare containers of one kind are held ready; from `min` on. */
export const spareSizes = (min: 0 | 1): Rule<number> => whole({ min, max: mostSpares, unit: 'containers' })
