/**
 * A folder in which blocks of the documentation find the package by its name, and can be compiled and run.
 *
 * @module
 */

import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CodeBlock, ROOT } from './documentation.ts'
import { type RunningProcess, startProcess } from './start-process.ts'

const RUN_BLOCKS = fileURLToPath(new URL('./run-blocks.ts', import.meta.url))
const STAND_INS = fileURLToPath(new URL('./documentation-stand-ins.ts', import.meta.url))

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string>>

/** The folder. */
export interface DocumentationProject {
  readonly path: string
  /** Writes a file. @returns Its path. */
  write(fileName: string, text: string): Promise<string>
  /** Runs one file in a process, which is ready when it prints a line that matches. */
  startFile(fileName: string, ready: RegExp, environment?: Environment): Promise<RunningProcess>
  /**
   * Runs blocks that were written in one process, one after the other; it is ready when the last one has
   * run. What a block declares is what one before it exports, or else a stand-in.
   */
  startBlocks(blocks: ReadonlyArray<CodeBlock>, environment?: Environment): Promise<RunningProcess>
  /** Ends what runs there, and removes it. */
  remove(): Promise<void>
}

/** Creates the folder. */
export async function createDocumentationProject(): Promise<DocumentationProject> {
  const path = await mkdtemp(join(tmpdir(), 'documentation-'))
  // A package of the same name and contents.
  for (const folder of ['lib', 'adapters', 'node_modules']) {
    await symlink(join(ROOT, folder), join(path, folder))
  }
  await copyFile(join(ROOT, 'package.json'), join(path, 'package.json'))

  const processes: Array<RunningProcess> = []
  async function start(
    files: ReadonlyArray<string>,
    ready: RegExp,
    environment: Environment = {},
  ): Promise<RunningProcess> {
    const started = await startProcess(
      process.execPath,
      ['--conditions=teamcast-source', ...files],
      ready,
      { cwd: path, env: { ...process.env, ...environment } },
    )
    processes.push(started)
    return started
  }
  return {
    path,
    async write(fileName, text) {
      const file = join(path, fileName)
      await writeFile(file, text)
      return file
    },
    startFile: (fileName, ready, environment) => start([fileName], ready, environment),
    startBlocks(blocks, environment) {
      const files = blocks.map(({ fileName }) => fileName)
      const declares = blocks.some(({ code }) => /^declare /m.test(code))
      const run = [RUN_BLOCKS, ...(declares ? [STAND_INS] : []), ...files]
      return start(run, /^ready$/, environment)
    },
    async remove() {
      await Promise.all(processes.map((started) => started.crash()))
      await rm(path, { recursive: true, force: true })
    },
  }
}
