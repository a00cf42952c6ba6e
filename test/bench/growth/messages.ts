/**
 * What the command asks of a server that it measures.
 *
 * @module
 */

/** What a server is told to do. */
export type Task =
  /** Adds clients until there are so many. */
  | { readonly task: 'add clients'; readonly count: number }
  /** Adds families until there are so many, some of them with tokens that the command gets. */
  | { readonly task: 'add families'; readonly count: number; readonly tokens: number }
  /** Moves the clock of the server, and removes what has expired where nothing else does. */
  | { readonly task: 'move clock'; readonly seconds: number }
  /** Says what it holds. */
  | { readonly task: 'take stock' }

/** What a server holds after it collected its garbage. */
export interface Stock {
  readonly residentMegabytes: number
  readonly heapMegabytes: number
  /** `undefined` in memory, where they are part of the heap. */
  readonly records: number | undefined
}

/** What a task gives: the tokens, or the stock. */
export interface Results {
  readonly 'add clients': true
  readonly 'add families': ReadonlyArray<string>
  readonly 'move clock': true
  readonly 'take stock': Stock
}
