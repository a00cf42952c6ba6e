import { readFile } from 'node:fs/promises'
import test from 'ava'
import { AUDIT_RESULTS } from '../../lib/audit/audit-results.ts'
import { sha256 } from '../../lib/util/sha256.ts'
import { CONFIDENTIAL_CLIENT, TENANT_CLIENT } from '../helpers/start-server.ts'
import { SUPER_ADMIN_ID, startSuperAdminServer } from '../helpers/super-admin.ts'
import {
  decodeJwt,
  introspect,
  requestClientCredentials,
  revoke,
} from '../helpers/token-requests.ts'

const GUIDE = new URL('../../docs/guides/audit-events.md', import.meta.url)
const ROW = /^\| `([a-z.-]+)` \| (success|failure) \| [^|]+ \| [^|]+ \|$/gm

test('docs/guides/audit-events.md: has every type with its result, and no other', async (t) => {
  const guide = await readFile(GUIDE, 'utf8')

  const documented = [...guide.matchAll(ROW)].map(([, type, result]) => [type, result])

  t.deepEqual(documented.sort(), Object.entries(AUDIT_RESULTS).sort())
})

test('audit: what the host’s own code does to clients is reported, with who did it if it says so', async (t) => {
  const server = await startSuperAdminServer(t)
  const { clients } = server.authorizationServer
  // A host may hand over whatever it knows of an administrator.
  const by = { actorId: 'job 7', ip: '192.0.2.1', password: 'a secret', type: 'server.error' }

  const { client } = await clients.register(TENANT_CLIENT, by)
  const { clientId } = client
  await clients.update(clientId, { name: 'Another name', logoUrl: null }, { by })
  const { secret } = await clients.addSecret(clientId, { by })
  await clients.removeSecret(clientId, secret.secretId, { by })
  await clients.delete(clientId, { by })
  await clients.register(CONFIDENTIAL_CLIENT)

  const common = { version: 1, at: server.clock.now(), result: 'success', ip: '192.0.2.1' }
  const subject = { ...common, clientId, tenantId: 'acme', actorId: 'job 7' }
  const [registered, updated, added, removed, deleted, anonymous, ...others] = await server.events()
  t.deepEqual(registered, { ...subject, type: 'client.registered' } as never)
  t.deepEqual(updated, { ...subject, type: 'client.updated', changedFields: ['name'] } as never)
  const { secretId } = secret
  t.deepEqual(added, { ...subject, type: 'client.secret-added', secretId } as never)
  t.deepEqual(removed, { ...subject, type: 'client.secret-removed', secretId } as never)
  t.deepEqual(deleted, { ...subject, type: 'client.deleted' } as never)
  t.like(anonymous, { type: 'client.registered', actorId: undefined, ip: undefined })
  t.deepEqual(others, [])
})

test('audit: introspection and revocation tell user, tenant and family of the token', async (t) => {
  const server = await startSuperAdminServer(t)
  const client = await server.registerClient(CONFIDENTIAL_CLIENT)
  const tenantClient = await server.registerClient(TENANT_CLIENT)
  const { clientId } = client.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const own = await (await requestClientCredentials(server, tenantClient)).json()
  const familyId = decodeJwt(tokens.access_token, 'payload')['grant_id']
  const seen = (await server.events()).length

  await introspect(server, client, tokens.access_token)
  await introspect(server, client, tokens.refresh_token)
  await introspect(server, tenantClient, own.access_token)
  await introspect(server, tenantClient, tokens.access_token)
  await revoke(server, tenantClient, tokens.access_token)
  await revoke(server, client, tokens.access_token)
  await introspect(server, client, tokens.access_token)
  await revoke(server, client, tokens.refresh_token)

  const ofUser = { clientId, userId: 'ada', tenantId: 'acme', familyId }
  const ofTenant = { clientId: tenantClient.client.clientId }
  const introspected = { type: 'token.introspected', result: 'success' }
  const expected = [
    { ...introspected, ...ofUser, isActive: true },
    { ...introspected, ...ofUser, isActive: true },
    { ...introspected, ...ofTenant, tenantId: 'acme', isActive: true },
    { ...introspected, ...ofTenant, isActive: false },
    { type: 'token.refused', result: 'failure', ...ofTenant, reason: 'client-mismatch' },
    { type: 'token.revoked', result: 'success', ...ofUser },
    { ...introspected, ...ofUser, isActive: false },
    { type: 'token.revoked', result: 'success', ...ofUser },
  ]
  const events = (await server.events()).slice(seen)
  t.is(events.length, expected.length)
  expected.forEach((event, index) => {
    t.like(events[index], event as never)
  })
  t.false(JSON.stringify(events[3]).includes('ada'))
})

test('audit: no event of a busy run of the SuperAdmin’s API holds a secret or the hash of one (decision 13)', async (t) => {
  const server = await startSuperAdminServer(t)
  const client = await server.register(CONFIDENTIAL_CLIENT)
  const { clientId } = client
  const path = `/${clientId}`
  const secrets = [String(client.clientSecret)]
  for (let count = 0; count < 3; count += 1) {
    const added = await (await server.send('POST', `${path}/secrets`, { body: {} })).json()
    secrets.push(added.clientSecret)
  }
  // Secrets where they do not belong, so that nothing quotes what it refuses.
  for (const secret of secrets) {
    await server.send('POST', '', { body: { ...CONFIDENTIAL_CLIENT, [secret]: secret } })
    await server.send('PATCH', path, { body: { [secret]: secret, scopes: [secret] } })
    await server.send('PATCH', path, { body: {}, headers: { 'if-match': `"${secret}"` } })
    await server.send('GET', `?cursor=${secret}&${secret}=1`)
    await server.send('GET', `/${secret}`)
    await server.send('DELETE', `/${secret}`)
    await server.send('DELETE', `${path}/secrets/${secret}`)
    await server.send('POST', `/${secret}/secrets`, { body: { [secret]: 1 } })
    await requestClientCredentials(server, { client, clientSecret: `${secret}x` })
    await requestClientCredentials(server, { client, clientSecret: secret })
    await requestClientCredentials(server, {
      client: { ...client, clientId: secret },
      clientSecret: 'x',
    })
  }
  const [first] = (await server.read(clientId)).secrets
  await server.send('DELETE', `${path}/secrets/${first?.secretId}`)
  await server.send('PATCH', path, { body: { name: 'Another name' } })
  await server.send('DELETE', path)

  const events = await server.events()
  const types = new Set(events.map(({ type }) => type))
  for (const type of [
    'client.registered',
    'client.updated',
    'client.secret-added',
    'client.secret-removed',
    'client.deleted',
    'client.authentication-failed',
    'token.issued',
  ] as const) {
    t.true(types.has(type), type)
  }
  const text = JSON.stringify(events)
  for (const secret of secrets) {
    t.regex(secret, /^tcs_/)
    t.false(text.includes(secret))
    t.false(text.includes(secret.slice(-20)))
    t.false(text.includes(sha256(secret)))
  }
  const changes = events.filter(
    ({ type }) => type.startsWith('client.') && !type.endsWith('failed'),
  )
  for (const event of changes) t.like(event, { actorId: SUPER_ADMIN_ID, ip: '127.0.0.1' })
  for (const event of events) {
    t.like(event, { version: 1, at: server.clock.now(), result: AUDIT_RESULTS[event.type] })
  }
})
