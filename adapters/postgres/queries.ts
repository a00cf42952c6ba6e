import { driverFailure } from '../../lib/storage/driver-failure.ts'

/** Runs a query. A failure becomes a {@link StorageError}. */
export async function attempt<Result>(what: string, query: () => Promise<Result>): Promise<Result> {
  try {
    return await query()
  } catch (error) {
    throw driverFailure(`postgres: ${what}`, error)
  }
}

/** Wraps every method of a store with {@link attempt}. */
export function attempting<Store extends object>(name: string, store: Store): Store {
  const methods = Object.entries(store).map(([method, run]) => [
    method,
    (...parameters: ReadonlyArray<unknown>) =>
      attempt(`${name}.${method}`, async () => await run(...parameters)),
  ])
  return Object.fromEntries(methods) as Store
}
