/**
 * The reference of the API and of all options, from the types and their docstrings: `docs/reference`.
 *
 * `npm run docs:reference` writes it; `npm run check:reference` says what is not as it would be written.
 *
 * @module
 */

import { globSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application, OptionDefaults, type ProjectReflection } from 'typedoc'
import { optionsPage } from './options-page.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const REFERENCE = join(ROOT, 'docs', 'reference')

const ENTRY_POINTS = [
  'lib',
  'adapters/memory',
  'adapters/redis',
  'adapters/postgres',
  'lib/resource-server',
  'lib/resource-server/node',
  'lib/storage',
  'lib/testing',
].map((folder) => join(ROOT, folder, 'index.ts'))

/** Lists and registries of which only the types are public. */
const PRIVATE_VALUES = [
  'ARTIFACT_KINDS',
  'CLIENT_AUDIENCES',
  'CLIENT_RULES',
  'CLIENT_TYPES',
  'ENGLISH',
  'IMMUTABLE_FIELDS',
  'SUPER_ADMIN_ENGLISH',
  'TextsLike',
]

const OPTIONS = {
  tsconfig: join(ROOT, 'tsconfig.json'),
  entryPoints: ENTRY_POINTS,
  plugin: ['typedoc-plugin-markdown'],
  blockTags: [...OptionDefaults.blockTags, '@cost', '@range'] as const,
  readme: 'none',
  sort: ['kind', 'required-first', 'source-order'],
  disableSources: true,
  excludeExternals: true, // what every Error has
  excludeInternal: true,
  excludePrivate: true,
  skipErrorChecking: true, // the compiler does that
  treatWarningsAsErrors: true,
  intentionallyNotExported: PRIVATE_VALUES,
  validation: { notExported: true, invalidLink: false, notDocumented: false },
  logLevel: 'Warn',
  // Of the plugin.
  router: 'module',
  entryFileName: 'README',
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'list',
  hideBreadcrumbs: true,
  hidePageHeader: true,
} as const

async function convert(): Promise<readonly [Application, ProjectReflection]> {
  const application = await Application.bootstrapWithPlugins(OPTIONS as never)
  const project = await application.convert()
  if (project === undefined) throw new Error('the types have errors')
  application.validate(project)
  if (application.logger.hasWarnings()) throw new Error('see the warnings above')
  return [application, project]
}

/** Writes everything into a folder, which is emptied before. */
async function write(folder: string): Promise<void> {
  const [application, project] = await convert()
  await rm(folder, { recursive: true, force: true })
  await application.outputs.writeOutput({ name: 'markdown', path: folder }, project)
  await writeFile(join(folder, 'options.md'), optionsPage(project))
}

/** Names the files of two folders that differ. */
async function differences(left: string, right: string): Promise<ReadonlyArray<string>> {
  const names = new Set([left, right].flatMap((cwd) => globSync('**/*.md', { cwd })))
  const read = (folder: string, name: string): Promise<string | undefined> =>
    readFile(join(folder, name), 'utf8').catch(() => undefined)
  const differing: Array<string> = []
  for (const name of [...names].sort()) {
    if ((await read(left, name)) !== (await read(right, name))) differing.push(name)
  }
  return differing
}

if (process.argv.includes('--check')) {
  const folder = await mkdtemp(join(tmpdir(), 'reference-'))
  await write(folder)
  const differing = await differences(folder, REFERENCE)
  await rm(folder, { recursive: true })
  if (differing.length > 0) {
    const advice = 'Run "npm run docs:reference" and commit what it writes.'
    process.stderr.write(`docs/reference is out of date: ${differing.join(', ')}\n${advice}\n`)
    process.exitCode = 1
  }
} else await write(REFERENCE)
