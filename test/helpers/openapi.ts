/**
 * docs/openapi.yaml, and what is wrong with a response by it.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormatsModule from 'ajv-formats'
import { parse } from 'yaml'

const addFormats = addFormatsModule.default
const DOCUMENT = new URL('../../docs/openapi.yaml', import.meta.url)
const METHODS = ['get', 'post', 'patch', 'delete', 'put']

interface Reference {
  readonly $ref: string
}

type DocumentedContent = Readonly<Record<string, { readonly schema: object }>>

interface DocumentedResponse {
  readonly headers?: Readonly<Record<string, object>>
  readonly content?: DocumentedContent
}

interface Operation {
  readonly requestBody?: { readonly content: DocumentedContent }
  readonly responses: Readonly<Record<string, DocumentedResponse | Reference>>
}

/** A document of OpenAPI 3.1. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** The document and what can be asked of it. */
export interface OpenApi {
  readonly document: OpenApiDocument
  /** Every operation with each of its statuses, for example `GET /a/{b} 200`. */
  readonly outcomes: ReadonlyArray<string>
  /**
   * The outcome that a response is one of, after checking it against the document, and the JSON that was
   * sent too, if it was accepted.
   */
  check(method: string, path: string, response: Response, sent?: object): Promise<string>
}

function schemaOf(content: DocumentedContent, contentType: string | null): object {
  const type = contentType?.split(';')[0] ?? ''
  const schema = content[type]?.schema
  if (schema === undefined) throw new Error(`"${type}" is not documented`)
  return schema
}

/** Reads the document. */
export async function readOpenApi(): Promise<OpenApi> {
  const document = parse(await readFile(DOCUMENT, 'utf8')) as OpenApiDocument
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true })
  addFormats(ajv)
  ajv.addVocabulary(['components', 'info', 'openapi', 'paths', 'security', 'servers', 'tags'])
  ajv.addSchema(document, 'openapi')

  const resolve = <Value extends object>(value: Value | Reference): Value => {
    if (!('$ref' in value)) return value
    const found = value.$ref
      .slice(2)
      .split('/')
      .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], document)
    return found as Value
  }
  /** References inside a schema are to the document. */
  const assertMatches = (schema: object, value: unknown, what: string): void => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"openapi#/')
    const validate = ajv.compile(JSON.parse(text))
    if (!validate(value)) throw new Error(`${what}: ${ajv.errorsText(validate.errors)}`)
  }

  function assertHeaders(
    headers: NonNullable<DocumentedResponse['headers']>,
    response: Response,
    outcome: string,
  ): void {
    for (const [name, header] of Object.entries(headers)) {
      const { schema } = resolve(header as { readonly schema: object })
      const text = response.headers.get(name)
      const value = 'type' in schema && schema.type === 'integer' ? Number(text) : text
      assertMatches(schema, value, `${outcome}, header ${name}`)
    }
  }

  async function assertBody(
    content: DocumentedContent | undefined,
    response: Response,
    outcome: string,
  ): Promise<void> {
    const body = await response.text()
    if (content === undefined) {
      if (body !== '') throw new Error(`${outcome} has a body: ${body}`)
      return
    }
    const schema = schemaOf(content, response.headers.get('content-type'))
    assertMatches(schema, JSON.parse(body), outcome)
  }

  function findOperation(method: string, path: string): readonly [string, Operation] {
    const { pathname } = new URL(path, 'http://localhost')
    for (const [template, item] of Object.entries(document.paths)) {
      const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
      const operation = item[method.toLowerCase()]
      if (pattern.test(pathname) && operation !== undefined) return [template, operation]
    }
    throw new Error(`${method} ${path} is not documented`)
  }

  return {
    document,
    outcomes: Object.entries(document.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => method in item).flatMap((method) =>
        Object.keys(item[method]?.responses ?? {}).map(
          (status) => `${method.toUpperCase()} ${path} ${status}`,
        ),
      ),
    ),

    async check(method, path, response, sent) {
      const [template, operation] = findOperation(method, path)
      const outcome = `${method} ${template} ${response.status}`
      const documented = operation.responses[response.status]
      if (documented === undefined) throw new Error(`${outcome} is not documented`)
      if (response.ok && sent !== undefined) {
        const accepted = operation.requestBody?.content ?? {}
        assertMatches(schemaOf(accepted, 'application/json'), sent, `${method} ${template}`)
      }
      const { headers = {}, content } = resolve(documented)
      assertHeaders(headers, response, outcome)
      await assertBody(content, response, outcome)
      return outcome
    },
  }
}
