import type { PrometheusMetrics } from '../../telemetry/prometheus.ts'
import { UsageError } from '../usage-error.ts'

/**
 * Loads what keeps metrics, and the package that it needs.
 *
 * @throws UsageError when the package is missing.
 */
export async function openMetrics(): Promise<PrometheusMetrics> {
  // Loaded only when it is used.
  const { openPrometheus } = await import('../../telemetry/prometheus.ts')
  try {
    return await openPrometheus()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError('--metrics: it needs the package prom-client: npm install prom-client')
  }
}
