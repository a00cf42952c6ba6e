/** Sends a request that nobody gives up: on a busy machine an issuer may take seconds to respond. */
export const patientFetch: typeof fetch = (url, { signal: _givenUp, ...init } = {}) =>
  fetch(url, init)
