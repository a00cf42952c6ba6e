/**
 * What a storage lacks that a host has written. The types do not tell a host without TypeScript, nor one whose storage
 * was written for an earlier version of the contract.
 *
 * @module
 */

import type { Issue } from '../errors.ts'
import { isObject } from '../util/is-object.ts'
import type { ResultShapes } from './result-shape.ts'
import { type Backend, STORE_KINDS, type Stores } from './storage.ts'

/** Stores, or some of their methods. */
type SomeStores = { readonly [Name in keyof Stores]?: Partial<Stores[Name]> }

/** The methods of some stores, each by its name. */
export type MethodsOf<Some extends SomeStores> = {
  readonly [Name in keyof Some]: Readonly<Record<keyof Some[Name], unknown>>
}

/** The methods of one store. */
export function methodsOf<Name extends keyof Stores>(name: Name): ResultShapes<Stores[Name]> {
  return STORE_KINDS[name].results
}

/** `connections` is optional. */
const BACKEND_METHODS = { ping: true } satisfies Record<
  keyof Omit<Backend, 'name' | 'connections'>,
  true
>

/**
 * Finds what is wrong with a storage: with all of it at the path `''`, or with one method at a path such as
 * `consents.withdraw`. Calls none.
 */
export function findStorageIssues(storage: unknown): ReadonlyArray<Issue> {
  const backends: unknown = isObject(storage) && storage['backends']
  if (!Array.isArray(backends)) return [NO_STORAGE]
  const names = Object.keys(STORE_KINDS) as Array<keyof Stores>
  const methods = Object.fromEntries(names.map((name) => [name, methodsOf(name)]))
  return [
    ...findMissingMethods(storage, methods),
    ...backends.flatMap((backend, index) =>
      missingIn(`backends.${index}`, backend, BACKEND_METHODS),
    ),
  ]
}

/** Finds which of some methods a storage lacks, as {@link findStorageIssues}. */
export function findMissingMethods(
  storage: unknown,
  methods: Readonly<Record<string, object>>,
): ReadonlyArray<Issue> {
  const stores = Object.entries(methods)
  if (!isObject(storage) || !stores.every(([name]) => isObject(storage[name]))) return [NO_STORAGE]
  return stores.flatMap(([name, needed]) => missingIn(name, storage[name], needed))
}

const NO_STORAGE: Issue = {
  path: '',
  message: 'must be a Storage, for example createMemoryStorage()',
}

function missingIn(path: string, target: unknown, methods: object): ReadonlyArray<Issue> {
  const message = 'must be a function: the storage contract has this method'
  return Object.keys(methods)
    .filter((method) => !isObject(target) || typeof target[method] !== 'function')
    .map((method) => ({ path: `${path}.${method}`, message }))
}
