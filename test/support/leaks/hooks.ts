import { afterEach, beforeEach } from 'vitest'
import { watchLeaks } from './leaks.ts'

/** Fails each test of the file that leaks a socket, a timer, a file descriptor, a child process or a listener. */
export function checkLeaks(): void {
  let expectNoLeaks = async () => {}
  beforeEach(() => {
    expectNoLeaks = watchLeaks()
  })
  afterEach(() => expectNoLeaks())
}
