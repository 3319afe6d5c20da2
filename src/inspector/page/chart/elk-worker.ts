import Elk from 'elkjs/lib/elk-api.js'
import ElkWorker from 'elkjs/lib/elk-worker.min.js?worker'
import type { LayOutGraph } from './elk.ts'

let layingOut: LayOutGraph | undefined

/**
 * Loads ELK, which is most of the page's code, into a thread of its own: neither its start nor a layout holds the page up. It is loaded at
 * once, because the inspector may close soon, and charts are drawn after that, too.
 */
export function loadElk(): LayOutGraph {
  layingOut ??= load()
  return layingOut
}

function load(): LayOutGraph {
  const worker = new ElkWorker()
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', () => {
      // The next chart tries again.
      layingOut = undefined
      reject(new Error('ELK could not be loaded'))
    })
  })
  failed.catch(() => {})
  const elk = new Elk({ workerFactory: () => worker })
  return graph => Promise.race([elk.layout(graph), failed])
}
