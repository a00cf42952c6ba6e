/**
 * Trees of this repository, packed as they are published, and installed as a host installs them.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { readdirSync, symlinkSync } from 'node:fs'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { ROOT } from '../helpers/documentation.ts'
import { INSTANCE_FILE } from '../helpers/start-instances.ts'
import { makeDirectory } from '../helpers/start-process.ts'

const run = promisify(execFile)

/** Where the tables are made. Until the first release the first migration is changed, so older trees have other ones. */
const TABLES = 'adapters/postgres/migrations'

/** A tree that was packed and installed. */
export interface InstalledTree {
  /** A server process that imports it by the package's name: `startInstances` runs it. */
  readonly program: string
  remove(): Promise<void>
}

/**
 * Finds a commit of a repository.
 *
 * @param name Its hash, or another name of it; the last one that changed the tables unless it is given.
 * @throws Error when the clone does not have it.
 */
export async function findCommit(repository: string, name?: string): Promise<string> {
  const isShallow = (await git(repository, 'rev-parse', '--is-shallow-repository')) === 'true'
  const without = `${repository} is a shallow clone without`
  const more = 'git fetch --unshallow gets it'
  if (name === undefined) {
    if (isShallow) throw new Error(`${without} the commit that last changed the tables; ${more}`)
    return await git(repository, 'log', '-1', '--format=%H', '--', TABLES)
  }
  try {
    return await git(repository, 'rev-parse', '--verify', '--quiet', `${name}^{commit}`)
  } catch (error) {
    const reason = isShallow ? `${without} ${name}; ${more}` : `${repository} has no commit ${name}`
    throw new Error(reason, { cause: error })
  }
}

async function git(repository: string, ...parameters: ReadonlyArray<string>): Promise<string> {
  return (await run('git', ['-C', repository, ...parameters])).stdout.trim()
}

/**
 * Packs and installs the tree of a commit.
 *
 * @throws Error when its dependencies are not those that are installed here.
 */
export async function installCommit(commit: string): Promise<InstalledTree> {
  const directory = await makeDirectory('earlier-tree', { onDisk: true })
  try {
    const archive = join(directory.path, 'tree.tar')
    const tree = join(directory.path, 'tree')
    await git(ROOT, 'archive', '--output', archive, commit)
    await mkdir(tree)
    await run('tar', ['--extract', '--file', archive, '--directory', tree])
    await requireSameDependencies(tree)
    await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
    return await install(tree)
  } finally {
    await directory.remove()
  }
}

/** Packs and installs the tree that this file is in, with what is not committed. */
export const installThisTree = (): Promise<InstalledTree> => install(ROOT)

async function requireSameDependencies(tree: string): Promise<void> {
  const [theirs, ours] = [await readDependencies(tree), await readDependencies(ROOT)]
  const names = new Set([...theirs.keys(), ...ours.keys()])
  const different = [...names].filter((name) => theirs.get(name) !== ours.get(name))
  if (different.length > 0) {
    throw new Error(`its dependencies are not those of this tree: ${different.join(', ')}`)
  }
}

/** The versions of what is installed with the package, by where it is. */
async function readDependencies(tree: string): Promise<ReadonlyMap<string, string>> {
  const { packages } = JSON.parse(await readFile(join(tree, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean }>
  }
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev)
  return new Map(installed.map(([path, { version }]) => [path, version]))
}

async function install(tree: string): Promise<InstalledTree> {
  const { path, remove } = await makeDirectory('packed-tree', { onDisk: true })
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', path], { cwd: tree })
  const [{ filename = '' } = {}] = JSON.parse(
    stdout.slice(stdout.indexOf('[\n')),
  ) as ReadonlyArray<{
    filename?: string
  }>
  const modules = join(path, 'node_modules')
  const scope = join(modules, '@teamcast')
  const installed = join(scope, 'oauth-server')
  await mkdir(installed, { recursive: true })
  await run('tar', [
    ...['--extract', '--file', join(path, filename)],
    ...['--directory', installed, '--strip-components', '1'],
  ])
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  const program = join(path, 'instance.mjs')
  await build({
    ...{ entryPoints: [INSTANCE_FILE], outfile: program, bundle: true },
    ...{ platform: 'node', format: 'esm', packages: 'external' },
  })
  return { program, remove }
}
