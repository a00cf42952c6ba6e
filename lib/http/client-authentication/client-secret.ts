import { findClientSecret } from '../../clients/client-secret.ts'
import type { PresentedCredentials } from './client-authentication-method.ts'

const EMPTY_SECRET =
  'the client secret is empty; a PUBLIC client sends client_id in the body and no Authorization header'

/**
 * Creates credentials from a client secret. One of the possible values must match.
 *
 * Verification takes the same time for unknown clients and for clients without a secret.
 */
export function presentedSecret(
  clientId: string,
  possibleValues: ReadonlyArray<string>,
): PresentedCredentials {
  return {
    clientId,
    verify(client, { now }) {
      const secrets = client?.secrets ?? []
      const secret = possibleValues
        .map((value) => findClientSecret(value, secrets, now()))
        .find((found) => found !== undefined)
      if (secret !== undefined) return { isValid: true, secret }
      return possibleValues.includes('')
        ? { isValid: false, hint: EMPTY_SECRET }
        : { isValid: false }
    },
  }
}
