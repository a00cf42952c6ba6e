/**
 * nginx and Caddy with the configurations of the documentation. They need Debian's `nginx-light` and `caddy`
 * (`npm run setup:tests`).
 *
 * @module
 */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePort } from './free-port.ts'
import { makeDirectory, startProcess } from './start-process.ts'
import { createTestCertificate } from './test-certificate.ts'

/** A proxy that runs. */
export interface RunningProxy {
  stop(): Promise<void>
}

/** Starts a proxy on a port of 127.0.0.1, before a server on another one. */
export type StartProxy = (
  written: string,
  port: number,
  serverPort: number,
) => Promise<RunningProxy>

/** Starts nginx. What it says of TLS is loaded; the port has none. */
export const startNginx: StartProxy = async (written, port, serverPort) => {
  const directory = await makeDirectory('nginx')
  const inDirectory = (name: string): string => join(directory.path, name)
  const { key, certificate } = createTestCertificate()
  await writeFile(inDirectory('mayaapi.key'), key)
  await writeFile(inDirectory('mayaapi.pem'), certificate)
  const tlsPort = await findFreePort()
  const server = written
    .replace('listen 443 ssl', `listen 127.0.0.1:${port}; listen 127.0.0.1:${tlsPort} ssl`)
    .replaceAll('/etc/ssl/', `${directory.path}/`)
    .replace('127.0.0.1:3000', `127.0.0.1:${serverPort}`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const configuration = `
daemon off;
master_process off;
pid ${inDirectory('nginx.pid')};
error_log stderr notice;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${inDirectory(name)};`).join(' ')}
  ${server}
}`
  await writeFile(inDirectory('nginx.conf'), configuration)
  const parameters = ['-p', directory.path, '-e', 'stderr', '-c', inDirectory('nginx.conf')]
  const nginx = await startProcess('/usr/sbin/nginx', parameters, /OS: Linux/)
  return {
    async stop() {
      await nginx.stop('SIGKILL')
      await directory.remove()
    },
  }
}

/** Starts Caddy, without TLS. */
export const startCaddy: StartProxy = async (written, port, serverPort) => {
  const directory = await makeDirectory('caddy')
  const site = written
    .replace('mayaapi.teamcast.ai', `http://127.0.0.1:${port}`)
    .replace('127.0.0.1:3000', `127.0.0.1:${serverPort}`)
  const file = join(directory.path, 'Caddyfile')
  await writeFile(file, `{\n  admin off\n}\n${site}`)
  const caddy = await startProcess(
    'caddy',
    ['run', '--config', file, '--adapter', 'caddyfile'],
    /serving initial configuration/,
    { env: { ...process.env, HOME: directory.path } },
  )
  return {
    async stop() {
      await caddy.stop('SIGKILL')
      await directory.remove()
    },
  }
}
