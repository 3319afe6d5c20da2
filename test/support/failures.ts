import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** What is read of the report of Vitest's JSON reporter. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

/** The failures that a report tells: file, title and message, without stack traces. Empty where there is no report. */
export function failuresIn(reportPath: string): string[] {
  let report: Report
  try {
    report = JSON.parse(readFileSync(reportPath, 'utf8')) as Report
  } catch {
    return []
  }
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name)
    const failed = assertionResults
      .filter(test => test.status === 'failed')
      .map(({ fullName, failureMessages = [] }) => `${file} > ${fullName}\n${failureMessages.map(indented).join('\n')}`)
    return failed.length > 0 || status !== 'failed' ? failed : [`${file}\n${indented(message)}`]
  })
}

/** The message of an error, without the stack trace. */
const indented = (text: string) =>
  text
    .split('\n')
    .filter(line => !/^\s+at /.test(line))
    .map(line => `    ${line}`)
    .join('\n')
