/**
 * The seed of this run's random sequences: the one that `COOKIETIN_TEST_SEED` names, else a new one. It is printed, so that a failure can be
 * repeated.
 */
const seed = Number(process.env.COOKIETIN_TEST_SEED ?? Date.now() % 2 ** 31)

/** How many random sequences a model test runs. */
const sequences = Number(process.env.COOKIETIN_TEST_SEQUENCES ?? 1_500)

export const parameters = (() => {
  console.info(`random sequences: COOKIETIN_TEST_SEED=${seed}`)
  return { seed, numRuns: sequences, endOnFailure: false } as const
})()
