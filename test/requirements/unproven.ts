/**
 * Which tests that requirements and threats name did not pass.
 *
 * @module
 */

import { readRequirements } from './read-requirements.ts'
import { namedInThreatModel } from './threat-model.ts'

const escapePattern = (text: string): string =>
  text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)

const fileOf = (name: string): string => name.split(' › ', 1)[0] ?? ''

/** What names a test: a requirement or a line of the threat model, and the test. */
export interface NamedTest {
  readonly by: string
  /** `file › title`; `*` stands for any text. */
  readonly test: string
}

/** Every test that is named. */
export function namedTests(): ReadonlyArray<NamedTest> {
  const byRequirements = readRequirements().flatMap(({ requirements }) =>
    requirements.flatMap(({ id, tests }) => tests.map((test) => ({ by: id, test }))),
  )
  return [...byRequirements, ...namedInThreatModel()]
}

/**
 * Finds the named tests that are missing among those that passed.
 *
 * @param passed What passed, each as `file › title`.
 * @param files The files that ran. What is named of others is left out; a file that does not exist is not.
 * @param exists Whether there is a file of tests with this name.
 */
export function findUnproven(
  named: ReadonlyArray<NamedTest>,
  passed: ReadonlyArray<string>,
  files: ReadonlySet<string>,
  exists: (file: string) => boolean,
): ReadonlyArray<NamedTest> {
  const titles = new Set(passed)
  const isProven = (test: string): boolean => {
    if (!test.includes('*')) return titles.has(test)
    const pattern = new RegExp(`^${test.split('*').map(escapePattern).join('.*')}$`, 's')
    return passed.some((title) => pattern.test(title))
  }
  return named.filter(({ test }) => {
    const file = fileOf(test)
    return (files.has(file) || !exists(file)) && !isProven(test)
  })
}
