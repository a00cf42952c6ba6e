/**
 * `@teamcast/oauth-server/memory`: keeps everything in the memory of one process.
 *
 * @module
 */

export { createMemoryStorage, type MemoryStorageOptions } from './memory-storage.ts'
