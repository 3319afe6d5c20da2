import { from, Observable, type ObservableInput, type OperatorFunction } from 'rxjs'

/**
 * An RxJS operator for work that may take longer than the time between two values, such as a write to a database. It works on one value at a
 * time and continues with the latest value that arrived meanwhile; the values in between are dropped. `work` gets the number of values dropped
 * just before its own. The last value is always worked on. Memory stays flat, and the source is never delayed.
 *
 * @example
 * execution.stats$.pipe(keepLatest(stat => save(stat))).subscribe()
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
