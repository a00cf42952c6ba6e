/**
 * The pictures of the demo users. A real host has a store of images.
 *
 * @module
 */

import type { Middleware } from 'koa'

const ADA = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">
<rect width="96" height="96" fill="#f6d9c2"/>
<path d="M22 96c0-19 11-30 26-30s26 11 26 30z" fill="#5b3f86"/>
<path d="M40 58h16v11a8 8 0 0 1-16 0z" fill="#e8b08c"/>
<circle cx="22" cy="50" r="9" fill="#4a2f22"/><circle cx="74" cy="50" r="9" fill="#4a2f22"/>
<circle cx="48" cy="44" r="20" fill="#f2c3a1"/>
<path d="M26 46c-2-20 8-30 22-30s24 10 22 30c-4-11-11-17-22-19-11 2-18 8-22 19z" fill="#4a2f22"/>
<circle cx="48" cy="14" r="8" fill="#4a2f22"/>
<circle cx="41" cy="45" r="2" fill="#33211a"/><circle cx="55" cy="45" r="2" fill="#33211a"/>
<path d="M42 53q6 5 12 0" fill="none" stroke="#a34c3d" stroke-width="2" stroke-linecap="round"/>
</svg>`

/** By user id. The other users have none. */
const PICTURES: Readonly<Record<string, string>> = { 'user-ada': ADA }

const PATH = /^\/pictures\/([\w-]+)\.svg$/

/** The URL of a user's picture; `undefined` for a user without. */
export function pictureUrl(issuer: string, userId: string): string | undefined {
  return Object.hasOwn(PICTURES, userId)
    ? new URL(`/pictures/${userId}.svg`, issuer).href
    : undefined
}

/** Serves the pictures. */
export const servePictures: Middleware = async (ctx, next) => {
  const [, userId = ''] = PATH.exec(ctx.path) ?? []
  if (ctx.method !== 'GET' || !Object.hasOwn(PICTURES, userId)) return await next()
  ctx.type = 'svg'
  ctx.set({
    // Opened by itself, an SVG is a document.
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'public, max-age=3600',
  })
  ctx.body = PICTURES[userId]
}
