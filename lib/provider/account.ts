import type { Account } from 'oidc-provider'
import type { User } from '../users/user.ts'

/** A user as an account of oidc-provider. */
interface UserAccount extends Account {
  readonly user: User
}

/** Converts a user to an account. */
export function toAccount(user: User): Account {
  const account: UserAccount = {
    accountId: user.userId,
    user,
    claims: () => ({ sub: user.userId }), // required by its type; there are no ID tokens
  }
  return account
}

/** The user of an account. */
export function userOf(account: Account | undefined): User | undefined {
  return (account as UserAccount | undefined)?.user
}
