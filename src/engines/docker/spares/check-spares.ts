import { type FieldIssue, InvalidInputError } from '../../../errors.ts'
import type { SpareKind } from '../../engine.ts'
import type { ResolvedDockerConfig } from '../config/config.ts'
import { resolveSpares } from '../config/spares.ts'
import { checkDigest, checkUser } from '../create-options/hardened.ts'
import { checkTaskOptions } from '../create-options/task-options.ts'
import { hasLauncher } from '../launcher/program.ts'

/**
 * Checks that an engine can make the spare containers of its config, before anything is created, and returns them.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`
 */
export function checkedSpares(config: ResolvedDockerConfig, architecture: string): readonly SpareKind[] {
  const kinds = resolveSpares(config)
  const issues = kinds.flatMap((kind, index) =>
    spareIssues(kind, config, architecture).map(issue => ({ ...issue, field: `spares[${index}].${issue.field}` })),
  )
  if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', issues)
  return kinds
}

/** Why an engine cannot make spare containers of a kind. */
export function spareIssues(
  { task }: Pick<SpareKind, 'task'>,
  config: ResolvedDockerConfig,
  architecture: string,
): readonly FieldIssue[] {
  const issues: FieldIssue[] = []
  if (!hasLauncher(architecture)) {
    issues.push({
      field: 'image',
      value: `'${task.image}'`,
      allowed: `no spare containers: there is no launcher for the engine's architecture, ${architecture}`,
    })
  }
  const { init = config.enableTini, gpus, udsPath, pull } = task
  if (!init) {
    const allowed = 'true, or left out with enableTini: true: the launcher of a spare container is its init process'
    issues.push({ field: 'init', value: 'false', allowed })
  }
  if (gpus !== 0) issues.push({ field: 'gpus', value: String(gpus), allowed: '0: a spare container would hold them' })
  if (udsPath !== undefined) issues.push({ field: 'udsPath', value: `'${udsPath}'`, allowed: 'left out' })
  if (pull === 'always') {
    const allowed = "'missing' or 'never': a registry that is asked for each run takes longer than any start"
    issues.push({ field: 'pull', value: "'always'", allowed })
  }
  for (const check of [checkUser, checkDigest, checkTaskOptions]) {
    try {
      check(task, config)
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      issues.push(...error.issues)
    }
  }
  return issues
}
