/** Reading cookies: once in a request, and without leaving anything behind. */

import { createHmac } from 'node:crypto'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import test from 'ava'
import Koa, { type Context } from 'koa'
import { createCookieJars } from '../../lib/http/cookies.ts'
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

/** A request with these cookies, and with the same ones planted by somebody who does not know the key. */
function requestWith(cookies: Readonly<Record<string, string>>, key: string): Context {
  const sign = (by: string, text: string): string =>
    createHmac('sha1', by).update(text).digest('base64url')
  const request = new IncomingMessage(new Socket())
  request.headers.cookie = Object.entries(cookies)
    .flatMap(([name, value]) => [
      `${name}=planted`,
      `${name}.sig=${sign('another key', `${name}=planted`)}`,
      `${name}=${value}`,
      `${name}.sig=${sign(key, `${name}=${value}`)}`,
    ])
    .join('; ')
  return new Koa().createContext(request, new ServerResponse(request))
}

test('cookies: each cookie of a request is verified once, however many jars read it', (t) => {
  let keys: ReadonlyArray<string> = ['a key']
  const jarOf = createCookieJars('https://issuer.example', () => keys)
  const ctx = requestWith({ session: 'ada', flash: 'hello' }, 'a key')
  t.is(jarOf(ctx).get('session'), 'ada')
  t.is(jarOf(ctx).get('missing'), undefined)

  keys = ['another key']
  t.is(jarOf(ctx).get('session'), 'ada', 'it was verified with the key before')
  t.is(jarOf(ctx).get('flash'), 'planted', 'it is verified now')
})

test('cookies: what is verified in one request, or by one server, is not for another', (t) => {
  const jarOf = createCookieJars('https://issuer.example', () => ['a key'])
  const ctx = requestWith({ session: 'ada' }, 'a key')
  t.is(jarOf(ctx).get('session'), 'ada')
  t.is(jarOf(requestWith({ session: 'grace' }, 'a key')).get('session'), 'grace')
  t.is(jarOf(requestWith({}, 'a key')).get('session'), undefined)
  t.is(createCookieJars('https://issuer.example', () => ['b'])(ctx).get('session'), undefined)

  ctx.req.headers.cookie = ''
  t.is(jarOf(ctx).get('session'), undefined, 'the host has removed the cookie')
})
