import { findClientSecret } from '../../clients/client-secret.ts'
import type { PresentedCredentials } from './client-authentication-method.ts'

const EMPTY_SECRET =
  'the client secret is empty; a PUBLIC client sends client_id in the body and no Authorization header'

/**
 * Credentials that are a secret. With several readings of one secret, one of them must be right.
 *
 * A client that does not exist, or has no secrets, is checked like any other: in the same time.
 */
export function presentedSecret(
  clientId: string,
  readings: ReadonlyArray<string>,
): PresentedCredentials {
  return {
    clientId,
    verify(client, now) {
      const secrets = client?.secrets ?? []
      const [secret] = readings.flatMap((reading) => findClientSecret(reading, secrets, now) ?? [])
      if (secret !== undefined) return { isValid: true, secret }
      return readings.includes('') ? { isValid: false, hint: EMPTY_SECRET } : { isValid: false }
    },
  }
}
