import type { CookieState } from '../../machines/cookie-states.ts'
import type { RunStatus, Transition } from '../cookie/result.ts'
import type { RunEnd } from '../executor/observers/run-log.ts'
import { decodeStats, encodeStats } from '../stats/codec.ts'
import { writeTime } from '../stats/go-time.ts'
import type { Stat } from '../stats/stat.ts'
import { formatImage } from '../task/image-name.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { Row, Statement, Value } from './stores/store.ts'
import type { HistoryRecord, HistoryRun } from './types.ts'

/** Inserts a run that has not ended. */
export function insertRun(facts: Omit<RunFacts, 'startedAt' | 'endedAt'>, task: ResolvedTask): Statement {
  const { sql, values } = insert('cookietin_runs', startColumns(facts, task))
  return { sql: `${sql} ON CONFLICT (key) DO NOTHING`, values }
}

function startColumns({ key, owner, createdAt }: Omit<RunFacts, 'startedAt' | 'endedAt'>, task: ResolvedTask) {
  return {
    key,
    id: task.id,
    image: task.image,
    image_name: formatImage(task.imageName),
    command: JSON.stringify(task.command),
    owner,
    created_at: createdAt,
  }
}

/** Inserts the labels of a run. */
export function insertLabels(run: string, { labels }: ResolvedTask): readonly Statement[] {
  return Object.entries(labels).map(([name, value]) => {
    const { sql, values } = insert('cookietin_labels', { run, name, value })
    return { sql: `${sql} ON CONFLICT (run, name) DO NOTHING`, values }
  })
}

/** The labels of one run, among rows of many. */
function labelsOf(key: string, rows: readonly Row[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rows.filter(({ run }) => run === key).map(({ name, value }) => [String(name), String(value)]),
  )
}

/** Inserts one transition of a run. */
export function insertTransition(run: string, position: number, { from, to, event, at }: Transition): Statement {
  const { sql, values } = insert('cookietin_transitions', {
    run,
    position,
    from_state: from ?? '',
    to_state: to,
    event,
    at,
  })
  // The database may have it, though its answer was lost.
  return { sql: `${sql} ON CONFLICT (run, position) DO NOTHING`, values }
}

/** The identity and times of a run that has ended. */
export interface RunFacts {
  readonly key: string
  readonly owner: string
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly endedAt: number
}

/** Inserts or completes a run that has ended. Holds every field: the insert at its start may have failed. */
export function upsertRun(facts: RunFacts, end: RunEnd): Statement {
  const { task, result } = end
  const error = end.error ?? result?.error
  const ended = {
    status: result?.status ?? 'failed',
    exit_code: result?.exitCode ?? null,
    oom_killed: result?.oomKilled ? 1 : 0,
    error_code: error?.code ?? null,
    error_message: error?.message ?? null,
    started_at: facts.startedAt ?? null,
    ended_at: facts.endedAt,
    timings: JSON.stringify(result?.timings ?? {}),
    stats: encodeStats(storable(result?.stats ?? [])),
  }
  const { sql, values } = insert('cookietin_runs', { ...startColumns(facts, task), ...ended })
  const changes = Object.keys(ended).map(name => `${name} = excluded.${name}`)
  return { sql: `${sql} ON CONFLICT (key) DO UPDATE SET ${changes.join(', ')}`, values, isImportant: true }
}

/** Leaves out what has no place in Fn's form: metrics that are negative or not numbers, and impossible times. */
function storable(stats: readonly Stat[]): Stat[] {
  return stats.flatMap(stat => {
    const { timestamp, metrics } = Object(stat) as Partial<Stat>
    if (typeof timestamp !== 'number' || writeTime(timestamp) === undefined) return []
    const kept = Object.entries(metrics ?? {}).filter(([, value]) => Number.isFinite(value) && Math.trunc(value) >= 0)
    return [{ timestamp, metrics: Object.fromEntries(kept) }]
  })
}

function insert(table: string, fields: Readonly<Record<string, Value>>): Statement {
  const names = Object.keys(fields)
  return {
    sql: `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    values: Object.values(fields).map(withoutNul),
  }
}

/** Replaces NUL characters: PostgreSQL rejects a text with one, and the whole batch with it. */
export function withoutNul(value: Value): Value {
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value
}

/** Reads a run. `isGone` returns true if the process of an owner's token is known to be dead. */
export function runOf(row: Row, labels: readonly Row[], isGone: (owner: string) => boolean): HistoryRun {
  const [status, code] = [text(row.status), text(row.error_code)]
  return {
    key: String(row.key),
    id: String(row.id),
    image: String(row.image),
    command: JSON.parse(String(row.command)) as string[],
    labels: labelsOf(String(row.key), labels),
    status: (status as RunStatus | 'failed' | undefined) ?? 'unfinished',
    interrupted: status === undefined && isGone(String(row.owner)),
    exitCode: number(row.exit_code),
    oomKilled: Number(row.oom_killed) === 1,
    attempts: 1 + Number(row.retries ?? 0),
    error: code === undefined ? undefined : { code, message: String(row.error_message) },
    createdAt: Number(row.created_at),
    startedAt: number(row.started_at),
    endedAt: number(row.ended_at),
    timings: JSON.parse(text(row.timings) ?? '{}') as HistoryRun['timings'],
  }
}

/** Reads a run with its transitions and samples. */
export function recordOf(
  row: Row,
  { transitions, labels }: { readonly transitions: readonly Row[]; readonly labels: readonly Row[] },
  isGone: (owner: string) => boolean,
): HistoryRecord {
  const run = runOf(row, labels, isGone)
  let attempt = 1
  return {
    ...run,
    transitions: transitions.map(({ from_state, to_state, event, at }) => {
      if (event === 'retry') attempt += 1
      return {
        id: run.id,
        from: String(from_state) as CookieState,
        to: String(to_state) as CookieState,
        event: String(event),
        at: Number(at),
        ...(attempt === 1 ? {} : { attempt }),
      }
    }),
    stats: decodeStats(text(row.stats)),
  }
}

/** A text, or undefined for NULL. */
export function text(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value)
}

/** A number, or undefined for NULL. */
export function number(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value)
}
