/**
 * The signed-in user on the pages.
 *
 * @module
 */

import { html } from 'ghtml'
import type { User } from '../users/user.ts'
import { initialOf } from './initial.ts'

/**
 * Renders a user's initial, name and email address in a box.
 *
 * @param user The user.
 * @param action HTML of a form to show beside them.
 */
export function renderUserCard(user: User, action = ''): string {
  return html`<div class="user-card">
      !${renderAvatar(user)}
      <div class="person">!${renderIdentity(user)}!${action}</div>
    </div>`
}

/**
 * Renders a user's initial, name and email address for the inside of a button.
 *
 * @param user The user.
 */
export function renderUser(user: User): string {
  return renderAvatar(user) + renderIdentity(user)
}

function renderAvatar({ name }: User): string {
  return html`<span class="avatar" aria-hidden="true">${initialOf(name)}</span>`
}

function renderIdentity({ name, email }: User): string {
  return html`<span class="identity">
      <bdi class="user-name">${name}</bdi>
      <bdi class="user-email">${email}</bdi>
    </span>`
}
