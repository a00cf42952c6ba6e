/** A step of a token request fails: what the client is told, and that it loses nothing (ADR 0003). */

import { type Storage, StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { startTestServer } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import { createConsentId } from '../../lib/consent/consent.ts'
import { createRefreshToken } from '../../lib/tokens/refresh-token.ts'
import { startBrowser } from '../helpers/browser.ts'
import { catchWarnings } from '../helpers/catch-warnings.ts'
import { startHost } from '../helpers/host-application.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, type StartedServer, startServer } from '../helpers/start-server.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'
import {
  assertRefused,
  introspect,
  isActive,
  redeem,
  refresh,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

const SECRET_DETAIL = 'connect ECONNREFUSED 10.0.0.7:5432'

/** A storage whose families fail once when told to. */
function createFailingStorage(): {
  readonly storage: Storage
  readonly failNext: (step: keyof Storage['families'], error?: Error) => void
} {
  const memory = createMemoryStorage()
  const failures = new Map<string, Error>()
  const failing = <Step extends keyof Storage['families']>(
    step: Step,
  ): Storage['families'][Step] => {
    const run = memory.families[step] as (...given: Array<unknown>) => unknown
    const wrapped = async (...given: Array<unknown>): Promise<unknown> => {
      const failure = failures.get(step)
      failures.delete(step)
      if (failure !== undefined) throw failure
      return await run.apply(memory.families, given)
    }
    return wrapped as unknown as Storage['families'][Step]
  }
  const families = {
    create: failing('create'),
    find: failing('find'),
    rotate: failing('rotate'),
    revoke: failing('revoke'),
  }
  return {
    storage: { ...memory, families },
    failNext: (step, error = new StorageError(SECRET_DETAIL)) => failures.set(step, error),
  }
}

async function assertUnavailable(t: ExecutionContext, response: Response): Promise<void> {
  t.regex(response.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  const text = await response.clone().text()
  t.false(text.includes('ECONNREFUSED'))
  await assertRefused(t, response, 503, 'temporarily_unavailable')
}

async function assertServerError(t: ExecutionContext, response: Response): Promise<void> {
  const text = await response.clone().text()
  t.false(text.includes('ECONNREFUSED'))
  t.false(text.includes(' at '), text)
  await assertRefused(t, response, 500, 'server_error')
}

const clientIdOf = (server: StartedServer): string => server.confidential.client.clientId

for (const step of ['find', 'rotate'] as const) {
  test(`POST /oauth/token refresh_token: families.${step} failing is 503 with Retry-After, and does not cost the token (ADR 0003)`, async (t) => {
    const { storage, failNext } = createFailingStorage()
    const server = await startServer(t, { storage })
    const { confidential } = server
    const { refresh_token: token } = await server.issueTokens({
      userId: 'ada',
      clientId: clientIdOf(server),
    })
    failNext(step)
    await assertUnavailable(t, await refresh(server, confidential, token))
    await tokensOf(t, await refresh(server, confidential, token))
  })
}

test('POST /oauth/token refresh_token: a rotation that reached the store too late is 503, and does not cost the token (ADR 0012)', async (t) => {
  const memory = createMemoryStorage()
  let isLate = true
  const families: Storage['families'] = {
    ...memory.families,
    async rotate(familyId, rotation, now) {
      const deadlineMilliseconds = isLate ? 0 : rotation.deadlineMilliseconds
      isLate = false
      return await memory.families.rotate(familyId, { ...rotation, deadlineMilliseconds }, now)
    },
  }
  const server = await startServer(t, { storage: { ...memory, families } })
  const { confidential } = server
  const { refresh_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: clientIdOf(server),
  })
  await assertUnavailable(t, await refresh(server, confidential, token))
  await tokensOf(t, await refresh(server, confidential, token))
})

test('POST /oauth/token: a body that a middleware of the host has read and kept is an error that the host is told of, not the client’s', async (t) => {
  const host = await startHost(t, {
    assemble(app, server) {
      app.use(async (ctx, next) => {
        for await (const chunk of ctx.req) t.true(chunk.length > 0)
        await next()
      })
      app.use(server.middleware())
    },
  })
  const response = await fetch(`${host.issuer}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  await assertServerError(t, response)
  t.regex(String(host.errors[0]), /not readable/)
})

test('POST /oauth/token authorization_code: families.create failing is 503, and does not cost the code (ADR 0003)', async (t) => {
  const { storage, failNext } = createFailingStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const authorization = await server.authorize({ userId: 'ada', clientId: clientIdOf(server) })
  failNext('create')
  await assertUnavailable(t, await redeem(server, confidential, authorization))
  await tokensOf(t, await redeem(server, confidential, authorization))
})

test('POST /oauth/token: reuse that could not be recorded is 503, and reuse again on the next try (RFC 9700 §4.14.2)', async (t) => {
  const { storage, failNext } = createFailingStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { refresh_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: clientIdOf(server),
  })
  const current = await tokensOf(t, await refresh(server, confidential, token))
  failNext('revoke')
  await assertUnavailable(t, await refresh(server, confidential, token))
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  t.false(await isActive(server, confidential, current.refresh_token))
})

test('POST /oauth/token: clients.find failing is 503 for every grant (checklist 56)', async (t) => {
  const memory = createMemoryStorage()
  let isFailing = false
  const clients: Storage['clients'] = {
    ...memory.clients,
    async find(clientId) {
      if (isFailing) throw new StorageError(SECRET_DETAIL)
      return await memory.clients.find(clientId)
    },
  }
  const server = await startServer(t, { storage: { ...memory, clients } })
  const { confidential } = server
  isFailing = true
  await assertUnavailable(t, await requestClientCredentials(server, confidential))
  await assertUnavailable(t, await refresh(server, confidential, 'x'))
  await assertUnavailable(t, await introspect(server, confidential, 'x'))
  await assertUnavailable(t, await revoke(server, confidential, 'x'))
})

test('POST /oauth/introspect, /oauth/revoke: a failing store is 503 with Retry-After, never "inactive" or "revoked" (RFC 7009 §2.2.1)', async (t) => {
  const { storage, failNext } = createFailingStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const tokens = await server.issueTokens({ userId: 'ada', clientId: clientIdOf(server) })
  for (const token of [tokens.access_token, tokens.refresh_token]) {
    failNext('find')
    await assertUnavailable(t, await introspect(server, confidential, token))
    t.true(await isActive(server, confidential, token))
  }
  failNext('revoke')
  await assertUnavailable(t, await revoke(server, confidential, tokens.refresh_token))
  t.true(await isActive(server, confidential, tokens.refresh_token))
  t.is((await revoke(server, confidential, tokens.refresh_token)).status, 200)
  t.false(await isActive(server, confidential, tokens.refresh_token))
})

test('POST /oauth/token: a failing findUser is 500 JSON without a stack, and costs neither code nor token (ADR 0003, checklist 56)', async (t) => {
  let isFailing = false
  const server = await startServer(t, {
    async findUser(userId) {
      if (isFailing) throw new TypeError(SECRET_DETAIL)
      return server.users.get(userId)
    },
  })
  const { confidential } = server
  const { refresh_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: clientIdOf(server),
  })
  const authorization = await server.authorize({ userId: 'ada', clientId: clientIdOf(server) })
  isFailing = true
  await assertServerError(t, await refresh(server, confidential, token))
  await assertServerError(t, await redeem(server, confidential, authorization))
  isFailing = false
  await tokensOf(t, await refresh(server, confidential, token))
  await tokensOf(t, await redeem(server, confidential, authorization))
})

test('POST /oauth/token: an error of the store that is no StorageError is 500 JSON, and does not cost the token (checklist 56)', async (t) => {
  const { storage, failNext } = createFailingStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { refresh_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: clientIdOf(server),
  })
  failNext('rotate', new RangeError(SECRET_DETAIL))
  await assertServerError(t, await refresh(server, confidential, token))
  await tokensOf(t, await refresh(server, confidential, token))
})

test('POST /oauth/token, /oauth/introspect: a failure is reported to the host with its cause, once (checklist 59)', async (t) => {
  const { storage, failNext } = createFailingStorage()
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { storage, onEvent })
  const { confidential } = server
  const tokens = await server.issueTokens({ userId: 'ada', clientId: clientIdOf(server) })
  const seen = (await settled()).length
  failNext('rotate')
  await refresh(server, confidential, tokens.refresh_token)
  failNext('rotate', new RangeError(SECRET_DETAIL))
  await refresh(server, confidential, tokens.refresh_token)
  failNext('find')
  await introspect(server, confidential, tokens.access_token)

  const events = (await settled()).slice(seen)
  t.deepEqual(
    events.map(({ type }) => type),
    ['server.error', 'server.error', 'server.error'],
  )
  for (const event of events) {
    const { error } = event as { readonly error?: { readonly message?: string } }
    t.true(error?.message?.includes('ECONNREFUSED'), JSON.stringify(error))
  }
})

/** What a clock or store of the host may throw. Koa would send a status and a message that it finds there. */
const THROWN: ReadonlyArray<readonly [what: string, thrown: unknown]> = [
  ['null', null],
  ['undefined', undefined],
  ['a text', SECRET_DETAIL],
  ['an object', { status: 200, statusCode: 200, expose: true, message: SECRET_DETAIL }],
  [
    'an Error with a status',
    Object.assign(new Error(SECRET_DETAIL), { status: 200, statusCode: 200, expose: true }),
  ],
]
for (const [what, thrown] of THROWN) {
  for (const source of ['clock', 'families', 'clients', 'artifacts', 'findUser'] as const) {
    test(`every endpoint: ${what} thrown by ${source} is 500, in the format of the endpoint (checklist 56)`, async (t) => {
      let isBroken = false
      let isAsked = false
      const fail = (): void => {
        if (!isBroken) return
        isAsked = true
        throw thrown
      }
      const memory = createMemoryStorage()
      const breakable = <Store extends object>(store: Store): Store =>
        new Proxy(store, {
          get(target, name) {
            const method = Reflect.get(target, name) as (...given: Array<unknown>) => unknown
            return async (...given: Array<unknown>) => {
              fail()
              return await method.apply(target, given)
            }
          },
        })
      const server = await startServer(t, {
        storage:
          source === 'clock' || source === 'findUser'
            ? memory
            : { ...memory, [source]: breakable(memory[source]) },
        ...(source === 'clock' && {
          clock: () => {
            fail()
            return 1_800_000_000
          },
        }),
        ...(source === 'findUser' && {
          async findUser() {
            fail()
            return ADA
          },
        }),
      })
      const { confidential, issuer } = server
      const tokens = await server.issueTokens({ userId: ADA.userId, clientId: clientIdOf(server) })
      const browser = startBrowser()
      const signedIn = await browser.open(authorizationUrl(issuer, confidential))
      await browser.signIn(signedIn, ADA.email)

      isBroken = true
      const responses = [
        await refresh(server, confidential, tokens.refresh_token),
        await introspect(server, confidential, tokens.refresh_token),
        await revoke(server, confidential, tokens.refresh_token),
        await browser.userAgent.request(authorizationUrl(issuer, confidential)),
        await browser.userAgent.request(`${issuer}/account/connections`),
      ]
      isBroken = false

      t.true(isAsked)
      t.true(responses.some(({ status }) => status === 500))
      for (const [index, response] of responses.entries()) {
        const text = await response.text()
        if (response.status >= 400) t.is(response.status, 500)
        else t.notRegex(text, /<title>(?:Error|Something)|"error"/)
        const isPage = index > 2
        if (text !== '')
          t.regex(response.headers.get('content-type') ?? '', isPage ? /html/ : /json/)
        t.false(text.includes('ECONNREFUSED'))
      }
    })
  }
}

for (const thrown of [new Error('the listener is broken'), null]) {
  test.serial(
    `every endpoint: a listener of the application’s errors that throws ${thrown === null ? 'null' : 'an Error'} does not change the response`,
    async (t) => {
      const warnings = catchWarnings(t, /^a listener of the event "error" failed: /)
      const { storage, failNext } = createFailingStorage()
      const host = await startHost(t, {
        options: { storage },
        assemble(app, server) {
          app.on('error', () => {
            throw thrown
          })
          app.use(server.middleware())
        },
      })
      failNext('find')
      const token = createRefreshToken(createConsentId(), Buffer.alloc(32))

      await assertUnavailable(t, await refresh(host, host.client, token))
      t.is(warnings.length, 1)
    },
  )
}

test('POST /oauth/token: the host’s own session is not read, so a hostSession that throws changes nothing (ADR 0021)', async (t) => {
  const server = await startServer(t, {
    hostSession: {
      signedInUser() {
        throw new Error('the session store is down')
      },
      signInUrl: () => '/sign-in',
    },
  })
  await tokensOf(t, await requestClientCredentials(server, server.confidential))
})

const stores = createStoreOpener()
test.after.always(() => stores.close())

for (const kind of STORE_KINDS) {
  test(`POST /oauth/token on ${kind}: a code whose exchange is held up in the store past its 503 is still good, and so is a refresh token`, async (t) => {
    const storage = await stores.open(kind, t)
    const held: Array<Promise<unknown>> = []
    let gate: Promise<void> | undefined
    const hold = async <Result>(run: () => Promise<Result>): Promise<Result> => {
      await gate
      return await run()
    }
    const holding = <Result>(run: () => Promise<Result>): Promise<Result> => {
      const call = hold(run)
      if (gate !== undefined) held.push(call)
      return call
    }
    const families: Storage['families'] = {
      ...storage.families,
      create: (...given) => holding(() => storage.families.create(...given)),
      rotate: (...given) => holding(() => storage.families.rotate(...given)),
    }
    const audience = 'https://api.example'
    const server = await startServer(t, { storage, audience })
    // Another process of it, which has less patience.
    const impatient = await startTestServer({
      storage: { ...storage, families },
      storageTimeoutMilliseconds: 100,
      users: [ADA],
      audience,
      clock: server.clock.now,
    })
    t.teardown(() => impatient.close())
    const { confidential } = server
    const { clientId } = confidential.client
    const authorization = await server.authorize({ userId: 'ada', clientId })
    const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })

    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    // On a busy machine a call before the held one may take too long: that costs nothing either.
    const untilHeld = async (send: () => Promise<Response>): Promise<void> => {
      const before = held.length
      while (held.length === before) await assertUnavailable(t, await send())
    }
    await untilHeld(() => redeem(impatient, confidential, authorization))
    await untilHeld(() => refresh(impatient, confidential, token))
    const answeredAt = Date.now()
    while (Date.now() <= answeredAt + 10) await new Promise(setImmediate)
    resolve()
    const outcomes = (await Promise.all(held)).map((outcome) => JSON.stringify(outcome)).sort()
    t.deepEqual(outcomes, ['"late"', '{"outcome":"late"}'])
    gate = undefined

    await tokensOf(t, await redeem(server, confidential, authorization))
    await tokensOf(t, await refresh(server, confidential, token))
  })
}
