/**
 * Converts a submitted form to client metadata. The registry validates it.
 *
 * @module
 */

import {
  type ClientForm,
  DURATION_FIELDS,
  LIST_FIELDS,
  linesOf,
  TEXT_FIELDS,
} from '../../pages/super-admin/client-form.ts'
import { toSeconds } from '../../pages/super-admin/durations.ts'

/** Reads a submitted form. */
export function readClientForm(sent: URLSearchParams): ClientForm {
  const textOf = (field: string): string => sent.get(field) ?? ''
  const texts = TEXT_FIELDS.map((field) => [field, textOf(field)] as const)
  const durations = DURATION_FIELDS.map(
    (field) => [field, toSeconds(textOf(field), textOf(`${field}Unit`))] as const,
  )
  const lists = LIST_FIELDS.map((field) => [field, sent.getAll(field)] as const)
  const form: Readonly<Record<string, unknown>> = Object.fromEntries([
    ...texts,
    ...durations,
    ...lists,
  ])
  return form as ClientForm
}

/** The client to register. Its values are not validated yet. */
export function newClientOf(form: ClientForm): object {
  const { clientType, audience, tenantId } = form
  return {
    ...settingsOf(form, undefined),
    ...{ clientType, audience },
    // The field is hidden for the platform.
    tenantId: (audience !== 'PLATFORM' && tenantId.trim()) || undefined,
  }
}

/** The changes to a client. An empty field resets to its default. */
export function changesOf(form: ClientForm): object {
  return settingsOf(form, null)
}

/** @param absent The value of an empty optional field. */
function settingsOf(form: ClientForm, absent: null | undefined): object {
  return {
    name: form.name,
    scopes: form.scopes,
    redirectUris: linesOf(form.redirectUris),
    resourceServerAudiences: linesOf(form.resourceServerAudiences),
    allowedGrantTypes: form.allowedGrantTypes,
    tokenEndpointAuthMethod: form.tokenEndpointAuthMethod || undefined,
    accessTokenTtlSeconds: secondsOf(form.accessTokenTtlSeconds) ?? absent,
    refreshTokenTtlSeconds: secondsOf(form.refreshTokenTtlSeconds) ?? absent,
    clientUri: form.clientUri.trim() || absent,
    logoUrl: form.logoUrl.trim() || absent,
    tosUri: form.tosUri.trim() || absent,
    policyUri: form.policyUri.trim() || absent,
  }
}

/** Parses seconds; returns an invalid text as it is, for the validation to report. */
function secondsOf(text: string): number | string | undefined {
  const digits = text.replaceAll(/\s/g, '')
  if (digits === '') return undefined
  return /^\d{1,15}$/.test(digits) ? Number(digits) : text
}
