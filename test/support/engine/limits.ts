/** Limits that soon end what hangs, in ms. They are longer than a call may take on a busy machine: more than a second. */
export const shortLimits = { engineTimeout: 2_000, startTimeout: 4_000, reconnectTimeout: 2_000, outputTimeout: 1_000 }
