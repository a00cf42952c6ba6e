/**
 * The documentation as its readers see it: pages with headings, links and blocks of code.
 *
 * @module
 */

import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const PAGES = ['*.md', 'docs/**/*.md']
/** Generated, with signatures instead of programs: `npm run check:reference` compares it. */
const REFERENCE = 'docs/reference/**'
const BLOCK = /^( *)```(\w+)\n(.*?)^\1```$/gms
const HEADING = /^#+ (.+)$/gm
const CODE_SPAN = /`([^`\n]+)`/g

/** A page. */
export interface Page {
  /** Where it is, from the root of the repository. */
  readonly path: string
  readonly text: string
}

/** A block of a language. */
export interface CodeBlock {
  /** The page and the heading above: `docs/guides/redis.md#connecting`; the second one there ends in `-2`. */
  readonly id: string
  /** Where it is, as the name of a file: `docs-guides-redis.md-line-29.ts`. */
  readonly fileName: string
  readonly code: string
}

/** Reads every page. */
export async function readPages(): Promise<ReadonlyArray<Page>> {
  const pages: Array<Page> = []
  for await (const path of glob(PAGES, { cwd: ROOT, exclude: [REFERENCE] })) {
    pages.push({ path, text: await readFile(join(ROOT, path), 'utf8') })
  }
  return pages.sort((left, right) => left.path.localeCompare(right.path, 'en'))
}

/** Finds the blocks of TypeScript of a page. */
export const codeBlocksOf = (page: Page): ReadonlyArray<CodeBlock> => blocksOf(page, 'ts')

/** Finds the blocks of a language of a page. */
export function blocksOf(
  { path, text }: Page,
  wanted: 'caddyfile' | 'js' | 'nginx' | 'ts',
): ReadonlyArray<CodeBlock> {
  const seen = new Map<string, number>()
  const blocks: Array<CodeBlock> = []
  for (const { index, 1: indentation = '', 2: language, 3: code = '' } of text.matchAll(BLOCK)) {
    if (language !== wanted) continue
    const before = text.slice(0, index)
    const place = `${path}#${anchorsOf({ path, text: before }).at(-1) ?? ''}`
    const count = (seen.get(place) ?? 0) + 1
    seen.set(place, count)
    blocks.push({
      id: count === 1 ? place : `${place}-${count}`,
      fileName: `${path.replaceAll('/', '-')}-line-${before.split('\n').length}.${wanted}`,
      code: code.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
    })
  }
  return blocks
}

/** Finds the block with an id. */
export async function findCodeBlock(id: string): Promise<CodeBlock> {
  const block = (await readPages()).flatMap(codeBlocksOf).find((candidate) => candidate.id === id)
  if (block === undefined) throw new Error(`the documentation has no block "${id}"`)
  return block
}

/** Finds what a link to a page may have behind its `#`, in order, as GitHub makes it of the headings. */
export function anchorsOf({ text }: Page): ReadonlyArray<string> {
  return [...withoutBlocks(text).matchAll(HEADING)].map(([, heading = '']) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Finds where the links of a page lead to. */
export function linksOf({ text }: Page): ReadonlyArray<string> {
  const prose = withoutBlocks(text).replaceAll(CODE_SPAN, '`')
  const links = /\]\(([^()\s]+)\)|^\[[^\]]+\]: (\S+)$/gm
  return [...prose.matchAll(links)].map(([, inline, definition]) => inline ?? definition ?? '')
}

/** Finds what a page sets in code within its sentences and tables. */
export function codeSpansOf({ text }: Page): ReadonlyArray<string> {
  return [...withoutBlocks(text).matchAll(CODE_SPAN)].map(([, code = '']) => code)
}

function withoutBlocks(text: string): string {
  return text.replaceAll(BLOCK, '')
}
