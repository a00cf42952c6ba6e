/**
 * What specifications and our own contract require, each with the tests that prove it. The lists are the
 * `*.yaml` files beside this one.
 *
 * A test is named as the suite prints it, `file › title`; `*` stands for any text. A rename of a test, or its
 * removal, is noticed by the run of the suite that it belongs to.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const testName = z.string().regex(/^[\w./-]+ › ./)

const REQUIREMENT = z.strictObject({
  /** Unique, and stays: `7009-2.1-3`. */
  id: z.string().regex(/^[a-z0-9.]+(?:-[a-z0-9.-]+)+$/),
  section: z.string().min(1),
  /** Quoted, ` … ` where something is left out. In the contract and MCP, our own words. */
  words: z.string().min(1),
  tests: z.array(testName).default([]),
  /** Where the code is. */
  where: z.string().optional(),
  /** What the tests do not show. */
  note: z.string().optional(),
  /** What is done otherwise or not at all, and why. A requirement without tests has one. */
  deviation: z.string().optional(),
})

const SOURCE = z.strictObject({
  source: z.string(),
  name: z.string(),
  link: z.url().optional(),
  about: z.string().optional(),
  requirements: z
    .array(
      REQUIREMENT.refine(({ tests, deviation }) => tests.length > 0 || deviation !== undefined),
    )
    .min(1),
})

export type Requirement = z.infer<typeof REQUIREMENT>

/** A specification, or another list of requirements. */
export type RequirementSource = z.infer<typeof SOURCE>

/** In the order of the page. */
const ORDER = ['contract', 'checklist', 'oauth-2.1']

/**
 * Reads all lists.
 *
 * @throws When a list is malformed, a requirement has neither tests nor a deviation, or an id is not unique.
 */
export function readRequirements(): ReadonlyArray<RequirementSource> {
  const names = globSync('*.yaml', { cwd: import.meta.dirname }).map((file) => file.slice(0, -5))
  const others = names.filter((name) => !ORDER.includes(name)).sort()
  const sources = [...ORDER, ...others].map((name) =>
    SOURCE.parse(parse(readFileSync(join(import.meta.dirname, `${name}.yaml`), 'utf8'))),
  )
  const ids = sources.flatMap(({ requirements }) => requirements.map(({ id }) => id))
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index)
  if (repeated.length > 0) throw new Error(`requirements with the same id: ${repeated.join(', ')}`)
  return sources
}
