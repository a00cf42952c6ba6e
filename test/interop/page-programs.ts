/**
 * Programs of pages for partners, as they stand there: with the client that the page registers, and nothing
 * else replaced than addresses.
 *
 * @module
 */

import type { AuthorizationServer, NewClient, RegisteredClient } from '@teamcast/oauth-server'
import { blocksOf, type Page, readPages } from '../helpers/documentation.ts'
import type { Environment } from '../helpers/documentation-project.ts'
import { findFreePort } from '../helpers/free-port.ts'

const ISSUER = 'https://mayaapi.teamcast.ai'
const PARTNER = 'https://recruiter.acme.example'
/** `Tested with openid-client 6.9.0` */
const VERSION = /tested\s+with\s+(\S+)\s+(\d[\d.]*\d)/i
/** What stands above it is a program without OpenID Connect. */
const OPENID_CONNECT_HEADING = '## With OpenID Connect\n'
const HTML = /^```html\n(.*?)^```$/ms
const REGISTRATION = /^```json\n(.*?)^```$/ms

const pages = await readPages()

/** A program of a page, as it runs here. */
export interface PageProgram {
  /** Name of the file to write it to. */
  readonly fileName: string
  readonly code: string
  /** What it reads from its environment. Differs from program to program, so that several share a process. */
  readonly environment: Environment
  /** Where it listens, if it does. */
  readonly origin: string
  readonly client: RegisteredClient
}

/**
 * Finds a page, up to its section about OpenID Connect, if it has one.
 *
 * @param path Below `docs`, without `.md`.
 */
export function findPage(path: string): Page {
  const page = pages.find((candidate) => candidate.path === `docs/${path}.md`)
  if (page === undefined) throw new Error(`the documentation has no page "${path}"`)
  const [text = ''] = page.text.split(OPENID_CONNECT_HEADING)
  return { ...page, text }
}

/** Finds the section about OpenID Connect of a page about a library. Its lines keep their numbers. */
export function findOpenIdConnectSection(library: string): Page {
  const { path, text } = findPage(`guides/clients/${library}`)
  const whole = pages.find((page) => page.path === path)?.text ?? ''
  if (whole === text) throw new Error(`"${path}" has no section about OpenID Connect`)
  return { path, text: text.replaceAll(/.+/g, '') + whole.slice(text.length) }
}

/** The library, and its version, that a page says it was tested with. */
export function versionOf({ path, text }: Page): readonly [library: string, version: string] {
  const [, library, version] = VERSION.exec(text) ?? []
  if (library === undefined || version === undefined) {
    throw new Error(`"${path}" does not say what it was tested with`)
  }
  return [library, version]
}

/** The HTML of a page. */
export function htmlOf({ path, text }: Page): string {
  const html = HTML.exec(text)?.[1]
  if (html === undefined) throw new Error(`"${path}" has no block of HTML`)
  return html
}

/** The client that a page registers. */
export function registrationOf({ path, text }: Page): NewClient {
  const json = REGISTRATION.exec(text)?.[1]
  if (json === undefined) throw new Error(`"${path}" registers no client in a block of JSON`)
  return JSON.parse(json)
}

/**
 * Registers the client of a page, and finds its program.
 *
 * @param replacements Further addresses: what the page says, and what is here.
 * @param accessTokenTtlSeconds So short by default that libraries refresh before each request.
 */
export async function preparePageProgram(
  page: Page,
  { issuer, server }: { readonly issuer: string; readonly server: AuthorizationServer },
  replacements: Environment = {},
  accessTokenTtlSeconds = 60,
): Promise<PageProgram> {
  const port = await findFreePort()
  const origin = `http://127.0.0.1:${port}`
  const localize = (text: string): string =>
    Object.entries({
      [ISSUER]: issuer,
      [PARTNER]: origin,
      'listen(3000': `listen(${port}, '127.0.0.1'`,
      'port: 3000': `port: ${port}`,
      ...replacements,
    }).reduce((localized, [there, here]) => localized.replaceAll(there, here), text)

  const registration = registrationOf(page)
  const client = await server.clients.register({
    ...JSON.parse(localize(JSON.stringify(registration))),
    accessTokenTtlSeconds,
  })
  const [block, ...others] = [...blocksOf(page, 'ts'), ...blocksOf(page, 'js')]
  if (block === undefined || others.length > 0) throw new Error(`"${page.path}" is not one program`)
  const suffix = client.client.clientId.replace(/\W/g, '')
  const variables = { CLIENT_ID: client.client.clientId, CLIENT_SECRET: client.clientSecret ?? '' }
  return {
    fileName: block.fileName,
    code: Object.keys(variables).reduce(
      (code, name) => code.replaceAll(name, `${name}_${suffix}`),
      localize(block.code).replaceAll('tc_yourClientId', client.client.clientId),
    ),
    environment: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [`${name}_${suffix}`, value]),
    ),
    origin,
    client,
  }
}
