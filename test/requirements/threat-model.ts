/**
 * The tests that `docs/threat-model.md` names, in its table of threats.
 *
 * @module
 */

import { readFileSync } from 'node:fs'

const PAGE = new URL('../../docs/threat-model.md', import.meta.url)

/** Finds the tests of each line: every `file › title` that stands in code. */
export function namedInThreatModel(): ReadonlyArray<{ by: string; test: string }> {
  const rows = readFileSync(PAGE, 'utf8').matchAll(/^\| (T\d+) \|.*$/gm)
  return [...rows].flatMap(([row, id = '']) =>
    [...row.matchAll(/`([^`]+ › [^`]+)`/g)].map(([, test = '']) => ({
      by: `docs/threat-model.md ${id}`,
      test,
    })),
  )
}
