import type { ContainerTask, Execution, RunStatus } from '../../src/index.ts'

/** One task of the demo. */
export interface DemoTask {
  readonly task: Omit<ContainerTask, 'image'> & { readonly id: string }
  /** Its purpose, for the table. */
  readonly shows: string
  readonly expected: RunStatus
  /** Acts on the execution while it runs. */
  readonly act?: (execution: Execution, when: When) => Promise<void>
}

/** Waits for a state of the execution, or for a time. */
export interface When {
  reaches(state: string): Promise<void>
  after(ms: number): Promise<void>
}

const sh = (script: string) => ['sh', '-c', script]
const ticking = sh('i=0; while [ $i -lt 6 ]; do i=$((i+1)); echo tick $i; sleep 0.25; done')

// The first four are long, so that the fifth is queued.
export const demoTasks: readonly DemoTask[] = [
  {
    task: { id: 'freeze', command: ticking, timeout: 3_000 },
    shows: 'frozen for 2 s; its timeout of 3 s stands still meanwhile',
    expected: 'success',
    async act(execution, { reaches, after }) {
      await reaches('running')
      await after(600)
      await execution.freeze()
      await after(2_000)
      await execution.unfreeze()
    },
  },
  {
    task: { id: 'timeout', command: ['sleep', '30'], timeout: 1_500 },
    shows: 'a timeout of 1.5 s',
    expected: 'timeout',
  },
  {
    task: { id: 'cancel', command: ['sleep', '30'] },
    shows: 'cancelled while it runs',
    expected: 'cancelled',
    async act(execution, { reaches, after }) {
      await reaches('running')
      await after(800)
      execution.cancel('the demo changed its mind')
    },
  },
  {
    task: { id: 'cancel-frozen', command: ['sleep', '30'] },
    shows: 'cancelled while it is frozen',
    expected: 'cancelled',
    async act(execution, { reaches, after }) {
      await reaches('running')
      await execution.freeze()
      await after(700)
      execution.cancel('the demo changed its mind late')
    },
  },
  {
    task: { id: 'cancel-queued', command: ['sleep', '30'] },
    shows: 'cancelled while it waits for its turn',
    expected: 'cancelled',
    async act(execution, { after }) {
      await after(300)
      execution.cancel('the demo changed its mind early')
    },
  },
  { task: { id: 'hello', command: ['echo', 'hello from a container'] }, shows: 'success', expected: 'success' },
  {
    task: { id: 'stdin', command: ['wc', '-c'], input: 'x'.repeat(1_000_000) },
    shows: 'a megabyte of stdin',
    expected: 'success',
  },
  { task: { id: 'exit-3', command: sh('echo out of flour >&2; exit 3') }, shows: 'exit code 3', expected: 'error' },
  { task: { id: 'not-found', command: ['no-such-program'] }, shows: 'exit code 127', expected: 'error' },
  {
    task: { id: 'killed', command: sh('kill -9 $$; sleep 1') },
    shows: 'a shell that kills itself',
    expected: 'killed',
  },
  {
    task: { id: 'env', command: sh('echo "$WHO bakes"'), env: { WHO: 'Ada' } },
    shows: 'an environment',
    expected: 'success',
  },
  {
    task: { id: 'output', command: sh('yes cookie | head -n 200000') },
    shows: '1.4 MB of output',
    expected: 'success',
  },
  {
    task: { id: 'sort', command: ['sort', '-n'], input: ['3\n', '1\n', '2\n'] },
    shows: 'stdin from an iterable',
    expected: 'success',
  },
]
