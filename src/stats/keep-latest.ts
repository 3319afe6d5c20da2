import { from, Observable, type ObservableInput, type OperatorFunction } from 'rxjs'

/**
 * An RxJS operator for work that may take longer than samples take to come, such as writing them to a database: one value is worked on at a time,
 * the latest that came meanwhile is next, and those in between are dropped. `work` is told how many were dropped just before its value; the last
 * value is always worked on, so that the counts add up to all that were. Memory stays flat, and the source is never held up.
 */
export function keepLatest<T, R>(work: (value: T, dropped: number) => ObservableInput<R>): OperatorFunction<T, R> {
  return source =>
    new Observable(subscriber => {
      let waiting: { readonly value: T } | undefined
      let dropped = 0
      let working = false
      let over = false

      const begin = (value: T) => {
        const count = dropped
        dropped = 0
        working = true
        let done: ObservableInput<R>
        try {
          done = work(value, count)
        } catch (error) {
          subscriber.error(error)
          return
        }
        subscriber.add(
          from(done).subscribe({
            next: result => subscriber.next(result),
            error: (error: unknown) => subscriber.error(error),
            complete: goOn,
          }),
        )
      }
      const goOn = () => {
        working = false
        const next = waiting
        waiting = undefined
        if (next !== undefined) begin(next.value)
        else if (over) subscriber.complete()
      }
      return source.subscribe({
        next: value => {
          if (!working) begin(value)
          else {
            if (waiting !== undefined) dropped++
            waiting = { value }
          }
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          over = true
          if (!working) subscriber.complete()
        },
      })
    })
}
