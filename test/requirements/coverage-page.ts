/**
 * `docs/spec-coverage.md`, made from the requirements.
 *
 * @module
 */

import type { Requirement, RequirementSource } from './read-requirements.ts'

/** Where the page is. */
export const COVERAGE_PAGE = new URL('../../docs/spec-coverage.md', import.meta.url)

const INTRODUCTION = `# Specification coverage

What specifications and our own contract require, and the tests that prove it. This page is generated:
\`npm run docs:coverage\` writes it from \`test/requirements\`, and a test compares it.

Each test is named as the suite prints it, \`file › title\`, with \`*\` for any text. The suite fails when a named test
is missing or did not pass among those that ran (\`npm test -- --all\` runs all of them), so what stands here passed
in the run that let the commit in.`

const NOT_DONE = `## Not done

Client id metadata documents and dynamic registration; pushed requests, DPoP, mTLS, \`private_key_jwt\`;
sign-out by a client; encrypted tokens; signed metadata; of OpenID Connect the implicit and the hybrid flow, encryption,
pairwise identifiers.`

/** Writes the page. */
export function formatCoveragePage(sources: ReadonlyArray<RequirementSource>): string {
  const deviations = sources.flatMap(({ requirements }) =>
    requirements.filter(({ deviation }) => deviation !== undefined),
  )
  return `${[
    INTRODUCTION,
    formatSummary(sources),
    `## Deviations\n\n${deviations.map(formatDeviation).join('\n')}`,
    NOT_DONE,
    ...sources.map(formatSource),
  ].join('\n\n')}\n`
}

function formatSummary(sources: ReadonlyArray<RequirementSource>): string {
  const rows = sources.map(({ source, requirements }) => {
    const names = requirements.flatMap(({ tests }) => tests)
    const deviations = requirements.filter(({ deviation }) => deviation !== undefined).length
    return `| ${source} | ${requirements.length} | ${new Set(names).size} | ${deviations} |`
  })
  return [
    '| source | requirements | tests | deviations |',
    '| --- | --: | --: | --: |',
    ...rows,
  ].join('\n')
}

const formatDeviation = ({ id, section, deviation = '' }: Requirement): string =>
  `- \`${id}\` (${section}): ${deviation}`

function formatSource({ source, name, link, about, requirements }: RequirementSource): string {
  const title = link === undefined ? name : `[${name}](${link})`
  return [
    `## ${source}`,
    [`${title}.`, about].filter((text) => text !== undefined).join(' '),
    ['| id | section | requirement | tests |', '| --- | --- | --- | --- |'].join('\n') +
      requirements.map((requirement) => `\n${formatRow(requirement)}`).join(''),
  ].join('\n\n')
}

function formatRow({ id, section, words, tests, where, note, deviation }: Requirement): string {
  const requirement = [
    escapeCell(words),
    where && `Code: ${where}`,
    note,
    deviation && `**Deviation**: ${deviation}`,
  ].filter((text) => text !== undefined)
  const cells = [`\`${id}\``, section, requirement.join('<br>'), tests.map(escapeCell).join('<br>')]
  return `| ${cells.join(' | ')} |`
}

/** Text that Markdown shows as it is; code stays code. */
const escapeCell = (text: string): string => text.replaceAll(/[\\|<>*_[\]]/g, String.raw`\$&`)
