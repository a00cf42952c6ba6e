/**
 * oidc-provider's documented adapter interface, written straightforwardly.
 *
 * @module
 */

import type { Redis } from 'ioredis'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { Pool } from 'pg'

/** A map. oidc-provider has its own; this is for the library that has none. */
export function createPlainMemoryAdapter(): (model: string) => Adapter {
  const records = new Map<string, AdapterPayload>()
  return (model) => {
    const keyOf = (id: string): string => `${model}:${id}`
    return {
      async upsert(id, payload) {
        records.set(keyOf(id), payload)
      },
      find: async (id) => records.get(keyOf(id)),
      findByUid: async () => undefined,
      findByUserCode: async () => undefined,
      async consume(id) {
        const payload = records.get(keyOf(id))
        records.set(keyOf(id), { ...payload, consumed: Math.floor(Date.now() / 1000) })
      },
      async destroy(id) {
        records.delete(keyOf(id))
      },
      revokeByGrantId: async () => undefined,
    }
  }
}

/** One key per record, and a list of keys per grant. */
export function createPlainRedisAdapter(client: Redis): (model: string) => Adapter {
  return (model) => {
    const keyOf = (id: string): string => `${model}:${id}`
    const read = async (key: string | null): Promise<AdapterPayload | undefined> => {
      const text = key === null ? null : await client.get(key)
      return text === null ? undefined : (JSON.parse(text) as AdapterPayload)
    }
    return {
      async upsert(id, payload, expiresIn = 0) {
        const key = keyOf(id)
        const multi = client.multi().set(key, JSON.stringify(payload))
        if (expiresIn > 0) multi.expire(key, expiresIn)
        if (payload.grantId !== undefined) {
          const list = `grant:${payload.grantId}`
          multi.rpush(list, key).expire(list, expiresIn)
        }
        if (payload.uid !== undefined) multi.set(`uid:${payload.uid}`, key, 'EX', expiresIn)
        await multi.exec()
      },
      find: (id) => read(keyOf(id)),
      findByUid: async (uid) => await read(await client.get(`uid:${uid}`)),
      findByUserCode: async () => undefined,
      async consume(id) {
        const payload = await read(keyOf(id))
        const consumed = Math.floor(Date.now() / 1000)
        await client.set(keyOf(id), JSON.stringify({ ...payload, consumed }), 'KEEPTTL')
      },
      async destroy(id) {
        await client.del(keyOf(id))
      },
      async revokeByGrantId(grantId) {
        const keys = await client.lrange(`grant:${grantId}`, 0, -1)
        const multi = client.multi()
        for (const key of keys) multi.del(key)
        await multi.del(`grant:${grantId}`).exec()
      },
    }
  }
}

const TABLE = `CREATE TABLE IF NOT EXISTS bare (
  model text, id text, payload jsonb NOT NULL, grant_id text, uid text, expires_at timestamptz,
  PRIMARY KEY (model, id));
CREATE INDEX IF NOT EXISTS bare_grant ON bare (grant_id);
CREATE INDEX IF NOT EXISTS bare_uid ON bare (uid)`

/** One table for all, through prepared statements. */
export async function createPlainPostgresAdapter(pool: Pool): Promise<(model: string) => Adapter> {
  await pool.query(TABLE)
  const query = async (
    name: string,
    text: string,
    values: ReadonlyArray<unknown>,
  ): Promise<AdapterPayload | undefined> => {
    const { rows } = await pool.query({ name, text, values: [...values] })
    return rows[0]?.payload
  }
  return (model) => ({
    async upsert(id, payload, expiresIn = 0) {
      const expiresAt = expiresIn > 0 ? new Date(Date.now() + expiresIn * 1000) : null
      await query(
        'upsert',
        `INSERT INTO bare VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (model, id)
         DO UPDATE SET payload = $3, grant_id = $4, uid = $5, expires_at = $6`,
        [model, id, payload, payload.grantId ?? null, payload.uid ?? null, expiresAt],
      )
    },
    find: (id) =>
      query('find', 'SELECT payload FROM bare WHERE model = $1 AND id = $2', [model, id]),
    findByUid: (uid) =>
      query('uid', 'SELECT payload FROM bare WHERE model = $1 AND uid = $2', [model, uid]),
    findByUserCode: async () => undefined,
    async consume(id) {
      await query(
        'consume',
        `UPDATE bare SET payload = payload || jsonb_build_object('consumed', extract(epoch from now())::int)
         WHERE model = $1 AND id = $2`,
        [model, id],
      )
    },
    async destroy(id) {
      await query('destroy', 'DELETE FROM bare WHERE model = $1 AND id = $2', [model, id])
    },
    async revokeByGrantId(grantId) {
      await query('revoke', 'DELETE FROM bare WHERE model = $1 AND grant_id = $2', [model, grantId])
    },
  })
}
