/**
 * The options that decide on audiences and scopes: schemas and defaults.
 *
 * @module
 */

import { z } from 'zod'
import { IDENTITY_SCOPE_NAMES } from '../openid-connect/identity-scopes.ts'
import type { OpenIdConnectOptions } from '../openid-connect/openid-connect-options.ts'
import {
  isAbsoluteUri,
  type ProtectedResource,
  type Resource,
} from '../resources/protected-resource.ts'
import type { ScopeCatalogue, ScopeDescription } from '../scopes/scope-catalogue.ts'
import { isObject } from '../util/is-object.ts'

/** A token audience. */
export const audienceSchema: z.ZodType<string> = z
  .string('must be a string')
  .refine(isAbsoluteUri, 'must be an absolute URI without fragment')

const sentenceSchema = z
  .string('must be a sentence')
  .refine((text) => text.trim() !== '', 'must be a sentence')

const scopeTextsSchema = z.strictObject({
  description: sentenceSchema,
  isSensitive: z.boolean('must be true or false').optional(),
  translations: z
    .record(z.string(), sentenceSchema, 'must map language tags to sentences')
    .optional(),
})

/** The schema of what the catalogue says about a scope. Not a union: its issues would not name the member. */
export const scopeDescriptionSchema: z.ZodType<string | ScopeDescription> = z
  .custom<string | ScopeDescription>()
  .superRefine((entry, context) => {
    const schema = isObject(entry) ? scopeTextsSchema : sentenceSchema
    const { error } = schema.safeParse(entry, { reportInput: true })
    for (const issue of error?.issues ?? []) context.addIssue({ ...issue })
  })

/** The schema of a list of scopes. */
export const scopesSchema: z.ZodType<ReadonlyArray<string>> = z.array(
  z.string('must be a scope'),
  'must be an array of scopes',
)

/** The schema of `resources`. */
export const resourcesSchema: z.ZodType<ReadonlyArray<ProtectedResource>> = z
  .array(
    z.strictObject(
      {
        audience: audienceSchema,
        scopes: scopesSchema.refine(({ length }) => length > 0, 'must contain at least one scope'),
      },
      'must be an object with "audience" and "scopes"',
    ),
    'must be an array',
  )
  .min(1, 'must contain at least one resource')

/** The options that decide which token audiences and scopes there are. */
export interface AudienceOptions {
  readonly openIdConnect?: OpenIdConnectOptions | undefined
  readonly issuer?: string | undefined
  readonly scopes?: ScopeCatalogue | undefined
  readonly audience?: string | undefined
  readonly resources?: ReadonlyArray<ProtectedResource> | undefined
  readonly defaultScopes?: ReadonlyArray<string> | undefined
}

/** The token audiences of a server; `undefined` if neither `resources`, `audience` nor `issuer` is given. */
export function audiencesOf({
  issuer,
  audience = issuer,
  resources,
}: AudienceOptions): ReadonlyArray<string> | undefined {
  if (resources !== undefined) return resources.map((resource) => resource.audience)
  return audience === undefined ? undefined : [audience]
}

/** The resources of a server: the given ones, or else one with all scopes. */
export function resolveResources(
  options: AudienceOptions,
  catalogue: ReadonlyArray<string>,
): ReadonlyArray<Resource> {
  const { resources, openIdConnect } = options
  const given =
    resources ?? audiencesOf(options)?.map((audience) => ({ audience, scopes: catalogue })) ?? []
  const identityScopes = openIdConnect === undefined ? {} : { identityScopes: IDENTITY_SCOPE_NAMES }
  return Object.freeze(
    given.map((resource) =>
      Object.freeze({ ...resource, ...identityScopes, scopes: [...resource.scopes] }),
    ),
  )
}
