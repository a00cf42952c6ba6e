import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ExternalSigningKey } from '@teamcast/oauth-server'
import type { ExecutionContext } from 'ava'
import type { JWK } from 'jose'

/** Starts a thread that signs with a key of its own, until the test ends. */
export async function startSigningWorker(t: ExecutionContext): Promise<ExternalSigningKey> {
  const worker = new Worker(new URL('./signing-worker.ts', import.meta.url))
  t.teardown(async () => void (await worker.terminate()))
  const [publicJwk] = (await once(worker, 'message')) as [JWK]
  const waiting = new Map<number, (signature: Uint8Array) => void>()
  worker.on('message', ({ id, signature }: { id: number; signature: Uint8Array }) => {
    waiting.get(id)?.(signature)
    waiting.delete(id)
  })
  let tasks = 0
  return {
    publicJwk,
    sign: (data) =>
      new Promise((resolve) => {
        tasks += 1
        waiting.set(tasks, resolve)
        worker.postMessage({ id: tasks, data })
      }),
  }
}
