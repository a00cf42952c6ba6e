/**
 * Programs of tests that start often, each with all that it imports in one file.
 *
 * @module
 */

import { mkdir, rename, writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { threadId } from 'node:worker_threads'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DIRECTORY = `${ROOT}node_modules/.cache/tests/`

const bundled = new Map<string, Promise<string>>()

/**
 * Bundles a program. It starts with a third of the CPU time, most of which is looking for modules.
 *
 * @param program Path of its TypeScript.
 * @returns Path of the bundle: always the same, so that Node keeps it compiled.
 */
export function bundle(program: string): Promise<string> {
  const known = bundled.get(program) ?? writeBundle(program)
  bundled.set(program, known)
  return known
}

async function writeBundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [program],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    conditions: ['teamcast-source'],
    external: ['pg-native', '@electric-sql/pglite'], // one is not installed, one reads files beside it
    keepNames: true, // oidc-provider stores its records under the names of its classes
    banner: {
      js: `import { createRequire, flushCompileCache as keepCompiled } from 'node:module'
        const require = createRequire(import.meta.url)`,
    },
    footer: { js: 'keepCompiled()' }, // a process that is killed keeps nothing by itself
  })
  const name = relative(ROOT, program).replaceAll(/[^\w]+/g, '-')
  const path = `${DIRECTORY}${name}.mjs`
  const draft = `${path}.${process.pid}-${threadId}`
  await mkdir(DIRECTORY, { recursive: true })
  await writeFile(draft, outputFiles[0]?.contents ?? '')
  await rename(draft, path) // another worker may run it
  return path
}
