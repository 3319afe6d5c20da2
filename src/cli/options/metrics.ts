import { UsageError } from '../usage-error.ts'

type Prometheus = typeof import('../../telemetry/prometheus.ts')

/**
 * Loads what keeps metrics, and the package that it needs.
 *
 * @throws UsageError when the package is missing.
 */
export async function loadMetrics<T>(open: (module: Prometheus) => Promise<T>): Promise<T> {
  // Loaded only when it is used.
  const module = await import('../../telemetry/prometheus.ts')
  try {
    return await open(module)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError('--metrics: it needs the package prom-client: npm install prom-client')
  }
}
