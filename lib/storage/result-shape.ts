/**
 * What the methods of a store may resolve to. A host may have written the store: what the contract does
 * not know must not pass for a valid token or a won race.
 *
 * These checks run on every call. They are built once and allocate nothing while the value is right.
 *
 * @module
 */

import { wrongResult } from '../util/host-function.ts'
import { isObject } from '../util/is-object.ts'

/** Finds what is wrong with a value: the path to it, `''` for the value itself; `undefined` if nothing. */
export type Shape = (value: unknown) => string | undefined

/** What one method may resolve to. */
export interface ResultShape {
  /** In words, for example `a Consent, or undefined`. */
  readonly words: string
  readonly shape: Shape
  /** Whether a record is the one that the parameters ask for. */
  readonly isRequested?: (record: never, ...parameters: Array<never>) => boolean
}

/** What each method of a store may resolve to. */
export type ResultShapes<Store> = Readonly<Record<keyof Store, ResultShape>>

// Each by itself rather than of a helper: they run some forty times for a client.
export const string: Shape = (value) => (typeof value === 'string' ? undefined : '')
export const nonEmptyString: Shape = (value) =>
  typeof value === 'string' && value !== '' ? undefined : ''
export const number: Shape = (value) => (Number.isFinite(value) ? undefined : '')
export const integer: Shape = (value) => (Number.isSafeInteger(value) ? undefined : '')
export const boolean: Shape = (value) => (typeof value === 'boolean' ? undefined : '')
/** Anything but `undefined`. */
export const present: Shape = (value) => (value === undefined ? '' : undefined)
export const object: Shape = (value) => (isObject(value) ? undefined : '')

/** One of these values. */
export const oneOf =
  (...values: ReadonlyArray<unknown>): Shape =>
  (value) =>
    values.includes(value) ? undefined : ''

/** That, or `undefined`. */
export const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined ? undefined : shape(value)

/** That, or `null`. */
export const orNull =
  (shape: Shape): Shape =>
  (value) =>
    value === null ? undefined : shape(value)

/** An array of that. */
export function arrayOf(item: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return ''
    for (let index = 0; index < value.length; index += 1) {
      const wrong = item(value[index])
      if (wrong !== undefined) return join(String(index), wrong)
    }
    return undefined
  }
}

/** An object with these members, and maybe others. */
export function record<Value extends object>(members: Readonly<Record<keyof Value, Shape>>): Shape {
  const names = Object.keys(members)
  const shapes = Object.values<Shape>(members)
  return (value) => {
    if (!isObject(value)) return ''
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index] ?? ''
      const wrong = shapes[index]?.(value[name])
      if (wrong !== undefined) return join(name, wrong)
    }
    return undefined
  }
}

const join = (name: string, path: string): string => (path === '' ? name : `${name}.${path}`)

export const ANYTHING: ResultShape = { words: 'anything', shape: () => undefined }
export const BOOLEAN: ResultShape = { words: 'true or false', shape: boolean }

/** That, or `undefined`, or `null`, which counts as `undefined`. */
export function orUndefined(
  words: string,
  shape: Shape,
  isRequested?: ResultShape['isRequested'],
): ResultShape {
  return {
    words: `${words}, or undefined`,
    shape: (value) => (value === undefined || value === null ? undefined : shape(value)),
    ...(isRequested && { isRequested }),
  }
}

/** An array of records, each of which the parameters ask for. */
export function listOf<Item>(
  words: string,
  item: Shape,
  isRequested?: (record: Item, ...parameters: Array<never>) => boolean,
): ResultShape {
  return {
    words: `an array of ${words}`,
    shape: arrayOf(item),
    ...(isRequested && {
      isRequested: (records: ReadonlyArray<Item>, ...parameters: Array<never>) =>
        records.every((record) => isRequested(record, ...parameters)),
    }),
  }
}

/**
 * Checks what a method of a store resolved to.
 *
 * @param name The method, for example `storage.clients.find`.
 *
 * @throws TypeError which names the method and the wrong member, but no value: it may be personal.
 */
export function checkStoreResult(
  name: string,
  { words, shape, isRequested }: ResultShape,
  parameters: ReadonlyArray<unknown>,
  result: unknown,
): unknown {
  const wrong = shape(result)
  if (wrong !== undefined) throw wrongResult(name, words, result, [wrong])
  if (result === undefined || result === null) return undefined
  if (isRequested && !Reflect.apply(isRequested, undefined, [result, ...parameters])) {
    throw new TypeError(
      `${name} must return what was requested, matched character by character: ${words}`,
    )
  }
  return result
}
