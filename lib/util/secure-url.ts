const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a host, as `URL` writes it, is the machine itself: `localhost`, 127.0.0.1 or [::1]. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK_HOSTS.has(hostname)
}

/** Whether what is sent to a URL cannot be read on the way: https, or http that stays on the machine. */
export function isSecureUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
}

/** Whether a URL carries a user name or a password. */
export function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}
