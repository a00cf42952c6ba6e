import { connect } from 'node:net'

/** What came back over a connection. */
export interface RawAnswer {
  /** `undefined` when the connection was closed without an answer. */
  readonly status: number | undefined
  /** Everything, headers included. */
  readonly text: string
}

/**
 * Sends bytes as they are and reads until the server closes the connection; ask it to with
 * `Connection: close`.
 *
 * @throws Error when it does not close it within 30 seconds.
 */
export function sendRaw(issuer: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(issuer).port), '127.0.0.1')
    let text = ''
    const finish = (): void => {
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]
      resolve({ status: status === undefined ? undefined : Number(status), text })
    }
    socket.setEncoding('latin1')
    socket.setTimeout(120_000, () => {
      socket.destroy()
      reject(new Error(`no end to the answer to ${JSON.stringify(String(bytes).slice(0, 200))}`))
    })
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => socket.destroy()) // a reset after the answer is an end too
    socket.on('close', finish)
    socket.write(bytes)
  })
}
