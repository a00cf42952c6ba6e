/**
 * A request as the fuzzer changes it, before the values of a server stand in it, and the bytes it becomes.
 *
 * @module
 */

/** A parameter of a query or form. */
export interface Parameter {
  readonly name: string
  /** May have placeholders: `{refreshToken}` for a value of the server, `{x70000}` for so many characters. */
  readonly value: string
  /** Sent as it stands, not encoded. */
  readonly isRaw?: boolean
}

/** A request. Its texts may have placeholders. */
export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly query: ReadonlyArray<Parameter>
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** A form, or the text of another body. */
  readonly body: ReadonlyArray<Parameter> | string | undefined
  /** Which part of the body is sent before the client leaves; from 0 to 1. Without it the client stays. */
  readonly sentPart?: number
}

/** What placeholders stand for. */
export type Values = Readonly<Record<string, string>>

const PLACEHOLDER = /\{(?:x(\d+)|(\w+))\}/g

/** Replaces the placeholders of a text. Those without a value stay. */
const fill = (text: string, values: Values): string =>
  text.replaceAll(PLACEHOLDER, (placeholder, count: string | undefined, name = '') =>
    count === undefined ? (values[name] ?? placeholder) : 'x'.repeat(Number(count)),
  )

/** Encodes any text, also one that is no well-formed Unicode. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed())

const formatParameters = (parameters: ReadonlyArray<Parameter>, values: Values): string =>
  parameters
    .map(({ name, value, isRaw }) => {
      const filled = fill(value, values)
      return isRaw === true ? `${name}=${filled}` : `${encode(name)}=${encode(filled)}`
    })
    .join('&')

/** The bytes of a request. */
export function formatRequest(request: FuzzRequest, values: Values): Buffer {
  const { method, path, query, headers, body, sentPart = 1 } = request
  const search = query.length === 0 ? '' : `?${formatParameters(query, values)}`
  const content = Buffer.from(
    typeof body === 'string' ? fill(body, values) : formatParameters(body ?? [], values),
  )
  const filled = headers.map(([name, value]) => `${name}: ${fill(value, values)}`)
  const isGiven = filled.some((header) => /^(?:content-length|transfer-encoding):/i.test(header))
  const lines = [
    `${method} ${fill(path, values)}${search} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...filled,
    ...(body === undefined || isGiven ? [] : [`Content-Length: ${content.length}`]),
    'Connection: close',
  ]
  const sent = content.subarray(0, Math.floor(content.length * sentPart))
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), sent])
}

/** Whether the client leaves before its request is whole, so that no response needs to come. */
export const leavesEarly = ({ sentPart, headers, method }: FuzzRequest): boolean =>
  sentPart !== undefined ||
  method === 'CONNECT' ||
  headers.some(([name]) => /^(?:content-length|transfer-encoding|upgrade)$/i.test(name))
