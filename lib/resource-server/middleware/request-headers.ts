import type { IncomingMessage } from 'node:http'
import { AmbiguousRequestError } from '../errors.ts'

/**
 * The values of a header, one for each time that it was sent.
 *
 * Node keeps the first or joins them, and a proxy in front may have read another. Requests of HTTP/1.1
 * and HTTP/2 have `rawHeaders`.
 */
export function headerValuesOf(
  { rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>,
  name: string,
): ReadonlyArray<string> {
  const lowerCaseName = name.toLowerCase()
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === lowerCaseName,
  )
}

/**
 * The value of a header that may be sent once; `undefined` when the request has none.
 *
 * @throws {@link AmbiguousRequestError} when it was sent several times.
 */
export function onlyHeaderOf(request: IncomingMessage, name: string): string | undefined {
  const values = headerValuesOf(request, name)
  if (values.length > 1) throw new AmbiguousRequestError()
  return values[0]
}
