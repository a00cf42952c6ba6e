/** What reading the cookies of pending requests leaves behind: nothing. */

import test from 'ava'
import { startServer } from '../helpers/start-server.ts'

test.serial(
  'ever new pending request tokens compile no patterns of their own, which would be kept for ever (checklist 19)',
  async (t) => {
    const { issuer } = await startServer(t)
    const compiled = new Set<string>()
    const { RegExp: original } = globalThis
    globalThis.RegExp = new Proxy(original, {
      construct(target, parameters, newTarget) {
        compiled.add(String(parameters[0]))
        return Reflect.construct(target, parameters, newTarget)
      },
    })
    t.teardown(() => {
      globalThis.RegExp = original
    })
    const resume = async (request: number): Promise<void> => {
      const url = `${issuer}/oauth/authorize/${String(request).padStart(32, '0')}`
      const response = await fetch(url, { headers: { cookie: 'any=cookie' } })
      t.is(response.status, 400)
      await response.text()
    }

    await resume(0)
    const { size } = compiled
    for (let request = 1; request <= 20; request += 1) await resume(request)

    t.is(compiled.size, size)
  },
)
