/**
 * How clients are found by a part of their names.
 *
 * For every character of a name, and for every two that follow each other, a sorted set has the clients with it, in the
 * order of the list. All of a part's sets have every client whose name has that part, so a search reads the smallest of
 * them, and looks at the names themselves.
 *
 * A client's entry names its *name tag*, too: a random text, new whenever the client gets another name. So what removes
 * the entries of one name cannot remove those of another, and an entry of an earlier name is told from one of today's.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { Connection } from './connection.ts'

/** Sorts before every character of an id: entries must be in the order of their places. */
const SEPARATOR = ' '

/** How many sets of a part are compared: the smallest of some is small enough. */
const MOST_COMPARED = 32

/** A name that a client has or had. */
export interface TaggedName {
  /** After `searchableText`. */
  readonly name: string
  readonly nameTag: string
}

/** A tag for a new name. */
export function createNameTag(): string {
  return randomBytes(6).toString('base64url')
}

/** Enters a client under a name. */
export async function enterName(
  { client, keys }: Connection,
  place: string,
  { name, nameTag }: TaggedName,
): Promise<void> {
  const entry = place + SEPARATOR + nameTag
  const sets = [...new Set([...name, ...pairsOf(name)])]
  await Promise.all(sets.map((part) => client.zadd(keys.clientNames(part), 0, entry)))
}

/** Removes what {@link enterName} entered. */
export async function removeName(
  { client, keys }: Connection,
  place: string,
  { name, nameTag }: TaggedName,
): Promise<void> {
  const entry = place + SEPARATOR + nameTag
  const sets = [...new Set([...name, ...pairsOf(name)])]
  await Promise.all(sets.map((part) => client.zrem(keys.clientNames(part), entry)))
}

/** The keys of sets each of which has all clients whose names have a part; none when it is empty. */
export function nameIndexesOf({ keys }: Connection, part: string): ReadonlyArray<string> {
  const pairs = pairsOf(part)
  const parts = pairs.length === 0 ? [...part] : pairs
  return [...new Set(parts)].slice(0, MOST_COMPARED).map(keys.clientNames)
}

/** An entry of an index: of this one, or of another that has places only. */
export function parseEntry(entry: string): {
  readonly place: string
  readonly nameTag: string | undefined
} {
  const [place = '', nameTag] = entry.split(SEPARATOR)
  return { place, nameTag }
}

function pairsOf(name: string): ReadonlyArray<string> {
  const characters = [...name]
  return characters.slice(1).map((character, index) => (characters[index] ?? '') + character)
}
