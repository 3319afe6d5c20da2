/** The environment variables that are read. */
export type Env = Readonly<Record<string, string | undefined>>
