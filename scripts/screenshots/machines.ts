import { assign, setup } from 'xstate'

/** A machine with states in states, as a reader may have one. */
export const orderMachine = setup({
  types: { context: {} as { items: number; paid: boolean }, events: {} as { type: string } },
  guards: { isPaid: ({ context }) => context.paid, isEmpty: ({ context }) => context.items === 0 },
  actions: {
    addItem: assign({ items: ({ context }) => context.items + 1 }),
    notePayment: assign({ paid: true }),
  },
}).createMachine({
  id: 'order',
  context: { items: 0, paid: false },
  initial: 'shopping',
  states: {
    shopping: {
      initial: 'browsing',
      states: {
        browsing: { on: { add: { target: 'filled', actions: 'addItem' } } },
        filled: { on: { add: { actions: 'addItem' }, clear: 'browsing' } },
      },
      on: { checkout: [{ guard: 'isEmpty', target: '.browsing' }, { target: 'checkout' }] },
    },
    checkout: {
      initial: 'address',
      on: { back: 'shopping', cancel: 'cancelled' },
      states: {
        address: { on: { next: 'payment' } },
        payment: {
          initial: 'choosing',
          on: { paid: { target: 'review', actions: 'notePayment' } },
          states: {
            choosing: { on: { card: 'authorizing', invoice: 'checking' } },
            authorizing: { on: { declined: 'choosing' } },
            checking: { on: { declined: 'choosing' } },
          },
        },
        review: { on: { submit: { guard: 'isPaid', target: '#order.placed' } } },
      },
    },
    placed: { type: 'final' },
    cancelled: { type: 'final' },
  },
})

/** A machine of regions that are active side by side. */
export const mixerMachine = setup({
  types: { context: {} as { rounds: number }, events: {} as { type: string } },
  actions: { count: assign({ rounds: ({ context }) => context.rounds + 1 }) },
}).createMachine({
  id: 'mixer',
  context: { rounds: 0 },
  type: 'parallel',
  states: {
    motor: {
      initial: 'off',
      on: { stop: '.off' },
      states: {
        off: { on: { start: 'slow' } },
        slow: { on: { faster: { target: 'fast', actions: 'count' } } },
        fast: { on: { slower: 'slow', overheat: 'cooling' } },
        cooling: { on: { cooled: 'off' } },
      },
    },
    bowl: {
      initial: 'empty',
      states: {
        empty: { on: { fill: 'filled' } },
        filled: {
          initial: 'loose',
          on: { tip: 'empty' },
          states: { loose: { on: { lock: 'locked' } }, locked: { on: { unlock: 'loose' } } },
        },
      },
    },
    light: {
      initial: 'dark',
      states: { dark: { on: { lamp: 'lit' } }, lit: { on: { lamp: 'dark' } } },
    },
  },
})
