/**
 * Runs many test files in one worker of ava, which imports once what they share.
 *
 * @module
 */

import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { beginFile, declareTests, test } from './grouped-test.ts'
import { findTestFiles, type Group } from './test-files.ts'
import { readParts } from './worker-environment.ts'

const GROUPED_AVA = new URL('./grouped-ava.ts', import.meta.url).href

/** Declares the tests of all files of a group. */
export async function runGroup(group: Group): Promise<void> {
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === 'ava'
        ? { url: GROUPED_AVA, shortCircuit: true }
        : nextResolve(specifier, context),
  })
  for (const { name, path, group: itsGroup } of findTestFiles(readParts())) {
    if (itsGroup !== group) continue
    beginFile(name)
    try {
      await import(pathToFileURL(path).href)
    } catch (error) {
      test('its tests are declared', () => {
        throw error
      })
    }
  }
  declareTests()
}
