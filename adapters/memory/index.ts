/**
 * `@teamcast/oauth-server/memory`: keeps everything in the memory of one process.
 *
 * @module memory
 */

export { createMemoryStorage, type MemoryStorageOptions } from './memory-storage.ts'
