import { type Issues, isRecord } from '../utils/validation/issues.ts'
import { isText } from '../utils/validation/rules.ts'
import type { ResolvedTask } from './resolved-task.ts'

const logSchemes = ['tcp', 'udp', 'tcp+tls', 'unix', 'unixgram']

export function readLogger(issues: Issues, value: unknown): ResolvedTask['loggerConfig'] {
  if (value === undefined) return undefined
  if (!isRecord(value)) return issues.add('loggerConfig', value, 'an object with url and tags')
  const { url, tags, ...unknown } = value
  for (const name of Object.keys(unknown))
    issues.add(`loggerConfig.${name}`, unknown[name], 'left out: only url and tags are known')
  // Fn's zero value: no URL means that no log is sent.
  if (url === undefined || url === '') return undefined
  if (!isLogUrl(url)) {
    const schemes = logSchemes.map(scheme => `${scheme}://`).join(', ')
    return issues.add(
      'loggerConfig.url',
      url,
      `a syslog address that begins with one of ${schemes}, such as tcp://127.0.0.1:514`,
    )
  }
  return Object.freeze({ url, tags: readTags(issues, tags) })
}

function isLogUrl(url: unknown): url is string {
  if (!isText(url) || /\s/.test(url)) return false
  const [, scheme = '', rest = ''] = /^([a-z+]+):\/\/(.+)$/.exec(url) ?? []
  if (!logSchemes.includes(scheme)) return false
  return scheme.startsWith('unix') ? rest.startsWith('/') : /^[^/]+$/.test(rest) && URL.canParse(`http://${rest}`)
}

function readTags(issues: Issues, value: unknown): readonly (readonly [string, string])[] {
  const pairs: unknown[] = Array.isArray(value)
    ? value.map((tag: unknown) => (isRecord(tag) ? [tag.name, tag.value] : tag))
    : Object.entries(isRecord(value) ? value : {})
  if (value !== undefined && !Array.isArray(value) && !isRecord(value)) {
    issues.add('loggerConfig.tags', value, 'an object of strings, or an array of { name, value }')
  }
  const tags = pairs.flatMap((pair, index) => {
    const [name, text] = Array.isArray(pair) ? (pair as unknown[]) : []
    // They are sent as name=value,name=value, and the engine reads "{{" as the start of a template.
    if (
      isText(name) &&
      isText(text) &&
      name !== '' &&
      !/[=,]/.test(name) &&
      !/,/.test(text) &&
      !`${name}${text}`.includes('{{')
    ) {
      return [Object.freeze([name, text] as const)]
    }
    issues.add(`loggerConfig.tags[${index}]`, pair, 'a name without "=", "," or "{{", and a string without "," or "{{"')
    return []
  })
  return Object.freeze(tags)
}
