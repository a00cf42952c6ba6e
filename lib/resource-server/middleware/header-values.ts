import type { IncomingMessage } from 'node:http'

/**
 * The values of a header, one for each time that it was sent.
 *
 * Node keeps the first or joins them, and a proxy in front may have looked at another. Requests of
 * HTTP/1.1 and HTTP/2 alike have `rawHeaders`.
 *
 * @param name In lower case.
 */
export function headerValuesOf(
  { rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>,
  name: string,
): ReadonlyArray<string> {
  const values: Array<string> = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '')
  }
  return values
}
