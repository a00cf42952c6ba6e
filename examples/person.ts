/**
 * The user who signed in, on the partner's page.
 *
 * @module
 */

import { html } from 'ghtml'
import type { Identity } from './partner-identity.ts'

/** Renders picture or initials, name and email address. The userinfo endpoint leaves out what is not known. */
export function renderPerson({ userinfo }: Identity): string {
  const { sub, name, email, email_verified: isEmailVerified, picture } = userinfo
  const title = name ?? email ?? sub
  const image =
    picture === undefined
      ? html`<span class="avatar" aria-hidden="true">${initialsOf(title)}</span>`
      : html`<img class="avatar" src="${picture}" alt="" width="56" height="56">`
  const verified = isEmailVerified === true ? html` <span class="badge">verified</span>` : ''
  return html`<div class="person">!${image}
<div><p class="title">${title}</p>
!${email === undefined ? '' : html`<p class="muted">${email}!${verified}</p>`}</div></div>`
}

/** The first letters of the first and the last word. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/)
  const [first, last] = [words[0], words.length > 1 ? words.at(-1) : undefined]
  return [first, last].map((word) => [...(word ?? '')][0] ?? '').join('')
}
