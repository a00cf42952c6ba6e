/**
 * Asks the issuer about each token (RFC 7662).
 *
 * What it costs: one request to the issuer, and its latency, for each token in `cacheSeconds`.
 *
 * How late it can be: `cacheSeconds`. While the issuer cannot be reached, tokens that are not in the
 * cache are not accepted.
 *
 * @module
 */

import { z } from 'zod'
import { clockOption } from '../../util/checked-clock.ts'
import { systemClock } from '../../util/clock.ts'
import { createIssuerClient, type IssuerClientOptions } from '../verify/issuer-client.ts'
import {
  functionOf,
  integerOption,
  issuerOption,
  readOptions,
  textOption,
  urlOption,
} from '../verify/option-issues.ts'
import type { RevocationChecker } from './access-token-revocation-checker.ts'

/** How many answers are remembered; the oldest go first. About 150 bytes each. */
const MAXIMUM_ANSWERS = 10_000

/** Whom to ask, and for how long to remember the answer. */
export interface IntrospectionCheckerOptions extends IssuerClientOptions {
  /** The authorization server, as in {@link AccessTokenVerifierOptions}. */
  readonly issuer: string
  /**
   * Where to ask, if not where the issuer has its introspection endpoint.
   *
   * @defaultValue `${issuer}/oauth/introspect`
   */
  readonly introspectionUri?: URL
  /**
   * For how long an answer is good; in seconds, an integer from 0 to 60. With 0 each request asks.
   *
   * @defaultValue `0`
   */
  readonly cacheSeconds?: number
  /** Tells the time in whole seconds since the Unix epoch. Defaults to the machine's clock. */
  readonly clock?: () => number
}

const introspectionCheckerOptions = z.strictObject({
  issuer: issuerOption,
  clientId: textOption,
  clientSecret: textOption,
  fetch: functionOf<typeof fetch>().default(() => fetch),
  introspectionUri: urlOption.optional(),
  cacheSeconds: integerOption(0, 60).default(0),
  clock: clockOption.default(() => systemClock),
})

const introspection = z.object({ active: z.boolean() })

interface Answer {
  readonly isRevoked: boolean
  readonly at: number
}

/**
 * Creates a checker that introspects. Requests about one token that come at once share one question.
 *
 * @param options Whom to ask.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * An API in which a revocation has to show within 10 seconds
 *
 * ```ts
 * const issuer = 'https://mayaapi.teamcast.ai'
 * const revocations = createIntrospectionChecker({ issuer, clientId, clientSecret, cacheSeconds: 10 })
 * app.use(requireAccessToken({ issuer, audience: 'https://api.teamcast.ai', revocations }))
 * ```
 *
 * @see [RFC 7662 §2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export function createIntrospectionChecker(
  options: IntrospectionCheckerOptions,
): RevocationChecker {
  const resolved = readOptions(introspectionCheckerOptions, options)
  const { issuer, cacheSeconds, clock } = resolved
  const url = resolved.introspectionUri ?? new URL(`${issuer}/oauth/introspect`)
  const ask = createIssuerClient(resolved)
  const answers = new Map<string, Answer>()
  const questions = new Map<string, Promise<boolean>>()

  async function introspect(tokenId: string, jwt: string): Promise<boolean> {
    const form = new URLSearchParams({ token: jwt, token_type_hint: 'access_token' })
    const askedAt = clock()
    const { active } = await ask({ url, form }, introspection)
    remember(tokenId, { isRevoked: !active, at: askedAt })
    return !active
  }

  function remember(tokenId: string, answer: Answer): void {
    if (cacheSeconds === 0) return
    answers.delete(tokenId)
    answers.set(tokenId, answer)
    if (answers.size <= MAXIMUM_ANSWERS) return
    const [oldest] = answers.keys()
    if (oldest !== undefined) answers.delete(oldest)
  }

  return Object.freeze({
    isRevoked({ tokenId }, jwt) {
      const known = answers.get(tokenId)
      const age = clock() - (known?.at ?? 0)
      if (known !== undefined && age >= 0 && age < cacheSeconds) return known.isRevoked
      const question =
        questions.get(tokenId) ?? introspect(tokenId, jwt).finally(() => questions.delete(tokenId))
      questions.set(tokenId, question)
      return question
    },
  } satisfies RevocationChecker)
}
