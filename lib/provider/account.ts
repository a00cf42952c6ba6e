import type { Account } from 'oidc-provider'
import type { User } from '../users/user.ts'

/** A user as oidc-provider knows it. */
interface UserAccount extends Account {
  readonly user: User
}

/** Wraps a user for oidc-provider. */
export function toAccount(user: User): Account {
  const account: UserAccount = {
    accountId: user.userId,
    user,
    claims: () => ({ sub: user.userId }), // required by its type; there are no ID tokens
  }
  return account
}

/** The user behind an account of oidc-provider. */
export function userOf(account: Account | undefined): User | undefined {
  return (account as UserAccount | undefined)?.user
}
