/**
 * Writes `docs/spec-coverage.md`: `npm run docs:coverage`.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { COVERAGE_PAGE, formatCoveragePage } from './coverage-page.ts'
import { readRequirements } from './read-requirements.ts'

writeFileSync(COVERAGE_PAGE, formatCoveragePage(readRequirements()))
