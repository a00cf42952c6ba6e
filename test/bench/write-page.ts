/**
 * Writes the tables of `docs/performance.md` from the committed figures: `npm run docs:performance`.
 *
 * @module
 */

import { readFigures } from './figures.ts'
import { readGrowthFigures } from './growth/growth-figures.ts'
import { writeGrowth } from './growth/growth-page.ts'
import { writePage } from './performance-page.ts'

writePage(readFigures())
writeGrowth(readGrowthFigures())
