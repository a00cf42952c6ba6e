import { execFile } from 'node:child_process'
import { copyFile, glob, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TYPESCRIPT = fileURLToPath(import.meta.resolve('typescript/package.json'))
const BLOCK = /^```ts\n(.*?)^```$/gms

interface CodeBlock {
  /** Where it is, as the name of a file: `docs-guides-example.md-line-7.ts`. */
  readonly fileName: string
  readonly code: string
}

test('README.md and docs: every block of TypeScript compiles by itself', async (t) => {
  const blocks = await findCodeBlocks()
  const project = await createProject(t, blocks)

  const errors = await compile(project)

  t.is(errors, '')
})

async function findCodeBlocks(): Promise<ReadonlyArray<CodeBlock>> {
  const blocks: Array<CodeBlock> = []
  for await (const path of glob(['README.md', 'docs/**/*.md'], { cwd: ROOT })) {
    const text = await readFile(join(ROOT, path), 'utf8')
    for (const { index, 1: code = '' } of text.matchAll(BLOCK)) {
      const line = text.slice(0, index).split('\n').length
      blocks.push({ fileName: `${path.replaceAll('/', '-')}-line-${line}.ts`, code })
    }
  }
  return blocks
}

/** A package of the same name and contents, in which the blocks find ours and its dependencies. */
async function createProject(
  t: ExecutionContext,
  blocks: ReadonlyArray<CodeBlock>,
): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), 'documentation-'))
  t.teardown(() => rm(project, { recursive: true }))
  for (const folder of ['lib', 'adapters', 'node_modules']) {
    await symlink(join(ROOT, folder), join(project, folder))
  }
  await copyFile(join(ROOT, 'package.json'), join(project, 'package.json'))
  const compilerOptions = {
    rootDir: '/',
    noEmit: true,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    skipLibCheck: true,
    lib: ['ES2024', 'DOM'],
    customConditions: ['teamcast-source'],
  }
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions,
      files: [],
      include: ['blocks'],
    }),
  )
  await mkdir(join(project, 'blocks'))
  // Compiles even when there is nothing to compile.
  await writeFile(join(project, 'blocks', 'none.ts'), 'export {}\n')
  for (const { fileName, code } of blocks) {
    await writeFile(join(project, 'blocks', fileName), code)
  }
  return project
}

async function compile(project: string): Promise<string> {
  const tsc = join(TYPESCRIPT, '..', 'bin', 'tsc')
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', project, '--pretty', 'false'])
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout || String(error)
  }
}
